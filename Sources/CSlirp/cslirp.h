// libslirp, for user networks. No C is compiled.
#ifndef CSLIRP_H
#define CSLIRP_H
#include <slirp/libslirp.h>
#endif
