// zlib, for compressed clusters of disk images. No C is compiled.
#ifndef CZLIB_H
#define CZLIB_H
#include <zlib.h>
#endif
