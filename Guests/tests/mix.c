// Integer, floating-point and string work of many kinds. Prints the same natively
// (-ffp-contract=off).
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t seed = 12345;
static uint32_t next(void) {
  seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
  return seed;
}
static uint64_t next64(void) {
  uint64_t high = next();
  return high << 32 | next();
}

static uint64_t digest;
static void add(uint64_t value) { digest = (digest ^ value) * 0x100000001b3; }
static void report(const char *name) {
  printf("%-16s %016llx\n", name, (unsigned long long)digest);
  digest = 0xcbf29ce484222325;
}

static const uint64_t edges[] = {0, 1, 2, 31, 32, 33, 63, 0x7f, 0x80, 0xff, 0x7fff, 0x8000,
  0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 1ull << 63,
  0xfffffffffffffffe, 0xffffffffffffffff, 0x0123456789abcdef};
enum { kEdges = sizeof edges / sizeof *edges };

static void words(uint32_t a, uint32_t b) {
  int32_t s = (int32_t)a, t = (int32_t)b;
  add(a + b), add(a - b), add(a * b), add(a & b), add(a | ~b), add(a ^ b);
  add(a << (b & 31)), add(a >> (b & 31)), add((uint32_t)(s >> (b & 31)));
  add(a << (b & 31) | a >> (-b & 31)), add(s < t), add(a < b), add(s == t), add(s >= t);
  if (b) add(a / b), add(a % b);
  if (t && !(s == INT32_MIN && t == -1)) add((uint32_t)(s / t)), add((uint32_t)(s % t));
  add((uint32_t)(int8_t)a), add((uint32_t)(int16_t)b), add(a ? (uint32_t)__builtin_clz(a) : 32);
  add(__builtin_bswap32(a)), add((uint32_t)__builtin_popcount(b));
  int32_t sum;
  add((uint32_t)__builtin_add_overflow(s, t, &sum)), add((uint32_t)sum);
  add((uint32_t)__builtin_mul_overflow(s, t, &sum)), add((uint32_t)sum);
}

static void doublewords(uint64_t a, uint64_t b) {
  int64_t s = (int64_t)a, t = (int64_t)b;
  add(a + b), add(a - b), add(a * b), add(a << (b & 63)), add(a >> (b & 63));
  add((uint64_t)(s >> (b & 63))), add(s < t), add(a < b), add((uint64_t)(s > t ? s : t));
  if (b) add(a / b), add(a % b);
  if (t && !(s == INT64_MIN && t == -1)) add((uint64_t)(s / t)), add((uint64_t)(s % t));
  add((uint64_t)(int64_t)(int32_t)a * (uint64_t)(int64_t)(int32_t)b), add(-a);
  add(a ? (uint64_t)__builtin_clzll(a) : 64);
}

static void integers(void) {
  for (int i = 0; i < kEdges; i++)
    for (int j = 0; j < kEdges; j++)
      words((uint32_t)edges[i], (uint32_t)edges[j]), doublewords(edges[i], edges[j]);
  for (int n = 0; n < 2000; n++) {
    uint64_t a = next64(), b = next64();
    words((uint32_t)(a >> 32), (uint32_t)a);
    doublewords(a, b);
  }
  report("integers");
}

static void addDouble(double value) {
  uint64_t bits;
  memcpy(&bits, &value, 8);
  add(value != value ? 1 : bits);
}
static void addFloat(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  add(value != value ? 1 : bits);
}

static void floats(void) {
  for (int n = 0; n < 1500; n++) {
    uint64_t bits[2] = {next64(), next64()};
    double a, b;
    memcpy(&a, &bits[0], 8), memcpy(&b, &bits[1], 8);
    double x = (int32_t)next() / 1024.0, y = (int32_t)next() / 7.0;
    addDouble(a + b), addDouble(a * b), addDouble(a / b), addDouble(a - x);
    addDouble(x + y), addDouble(x * y), addDouble(x / y), addDouble(sqrt(fabs(x)));
    addDouble(fma(x, y, a)), add(a < b), add(a == a), add(x <= y), addDouble(-a);
    float f = (float)x, g = (float)y;
    addFloat(f + g), addFloat(f * g), addFloat(f / g), addFloat((float)a),
        addFloat(sqrtf(fabsf(f)));
    add((uint32_t)(int32_t)x), add((uint64_t)(int64_t)(y * 4096)), addDouble((double)next());
    addDouble((double)(int64_t)next64()), addFloat((float)(int32_t)next());
    addDouble(floor(x)), addDouble(ceil(y)), addDouble(trunc(x)), addDouble(rint(y));
  }
  report("floats");
  printf("%.17g %.9e %a %g %g %g\n", 0.1 + 0.2, 1e100 / 3, 1.0 / 3, INFINITY, -0.0, 5e-324);
  printf("%.3f %10.4f|%-10.2f|%+e\n", 2.0005, 3.14159265, -1.5, 12345.678);
  printf("%.17g %.17g %d\n",
      strtod("1.7976931348623157e308", NULL), atof("-4.9e-324"), atoi("-99"));
  float h = 16777217;
  printf("%.1f %.8g\n", (double)h, (double)(1.0f / 3));
}

static void strings(void) {
  static char text[4096], copy[4096];
  for (int n = 0; n < 4000; n++) text[n] = (char)('a' + next() % 26);
  for (int n = 0; n < 400; n++) {
    size_t from = next() % 64, to = next() % 64, length = next() % 900;
    memcpy(copy + to, text + from, length);
    char *target = copy + next() % 64, *source = copy + next() % 64;
    memmove(target, source, length);
    copy[to + length] = 0;
    char *place = strchr(copy + to, 'q');
    add(strlen(copy + to)), add(place ? (uint64_t)(place - copy) : 9999);
    int order = memcmp(copy, text, length);
    add(order < 0 ? 1 : order > 0 ? 2 : 3);
    order = strcmp(copy + from, copy + to);
    add(order < 0 ? 1 : order > 0 ? 2 : 3);
    memset(copy + from, 'a' + n % 26, length % 300);
    place = memchr(copy, 'z', sizeof copy);
    add(place ? (uint64_t)(place - copy) : 9999);
    place = strstr(copy, "ab");
    add(place ? (uint64_t)(place - copy) : 9999);
  }
  for (size_t n = 0; n < sizeof copy; n++) add((unsigned char)copy[n]);
  report("strings");
  char line[128];
  snprintf(line, sizeof line, "%5d|%-6s|%06x|%lld|%c|%o", -42, "abc", 0xbeef, 1ll << 62, 'Z', 8);
  puts(line);
}

static double total(int count, ...) {
  va_list list;
  va_start(list, count);
  double sum = 0;
  for (int n = 0; n < count; n++) {
    sum += va_arg(list, int);
    sum += va_arg(list, double) * 2;
    sum += (double)va_arg(list, long long) * 3;
    sum += *va_arg(list, char *);
  }
  va_end(list);
  return sum;
}

struct pair { int first; double second; };
struct small { short a; char b; };
static struct pair swap(struct pair p, struct small s) {
  return (struct pair){(int)p.second + s.a, p.first + s.b};
}

static int ascending(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}
static int twice(int x) { return 2 * x; }
static int square(int x) { return x * x; }
static int negate(int x) { return -x; }

static void calls(void) {
  printf("%.1f\n", total(4, 1, 1.5, 1ll << 33, "A", -2, 2.5, -7ll, "B",
      3, 3.5, 5ll, "C", 4, 4.5, 6ll, "D"));
  struct pair p = swap((struct pair){7, 9.75}, (struct small){100, 2});
  printf("%d %.2f\n", p.first, p.second);
  int (*const functions[])(int) = {twice, square, negate, abs};
  int value = 3;
  for (int n = 0; n < 1000; n++) value = functions[next() % 4](value) % 10007;
  printf("%d\n", value);
  static uint32_t table[3000];
  for (int n = 0; n < 3000; n++) table[n] = next();
  qsort(table, 3000, sizeof *table, ascending);
  for (int n = 0; n < 3000; n++) add(table[n]);
  report("qsort");
}

static int classify(unsigned value) {
  switch (value % 12) {
  case 0: return 5;
  case 1: return 9;
  case 2: return 2;
  case 3: return 7;
  case 4: return 11;
  case 5: return 3;
  case 7: return 8;
  case 9: return 1;
  case 11: return 4;
  default: return 0;
  }
}

static jmp_buf place;
static volatile int bottom;
static void leap(int depth) {
  volatile int kept = depth;
  if (depth == bottom) longjmp(place, 17);
  if (depth > bottom) leap(depth - 1);
  add((uint32_t)kept);
}

__attribute__((noinline)) static unsigned deep(unsigned depth) {
  if (depth == 0) return 1;
  return deep(depth - 1) * 3 + depth;
}

// The low two bits of LR count for nothing: behind a call, and where none went before.
static int odd(void) {
  int count = 0;
  for (int bits = 0; bits < 4; bits++) {
    __asm__ volatile("bl 1f\nb 2f\n1: mflr 9\nadd 9,9,%1\nmtlr 9\nblr\n2: addi %0,%0,1"
                     : "+r"(count) : "r"(bits) : "9", "lr", "memory");
    __asm__ volatile("bl 1f\n1: mflr 9\naddi 9,9,2f-1b\nadd 9,9,%1\nmtlr 9\nblr\ntrap\n2: addi %0,%0,10"
                     : "+r"(count) : "r"(bits) : "9", "lr", "memory");
  }
  return count;
}

static void control(void) {
  for (unsigned n = 0; n < 5000; n++) add((uint32_t)classify(next()));
  report("switch");
  volatile int rounds = 0;
  int result = setjmp(place);
  if (rounds < 5) {
    rounds++;
    leap(50 * rounds);
  }
  printf("setjmp %d after %d\n", result, rounds);
  printf("recursion %u\n", deep(200000));
  printf("returns %d\n", odd());
}

int main(void) {
  integers();
  floats();
  strings();
  calls();
  control();
  return 0;
}
