// Zstandard, for compressed clusters of disk images. No C is compiled.
#ifndef CZSTD_H
#define CZSTD_H
#include <zstd.h>
#endif
