// Pseudo terminals, job control, and the requests of terminals and files. Prints the same natively.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int master, terminal;
static volatile sig_atomic_t signals[65];
static void caught(int signal) { signals[signal]++; }
static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

static int waited(short events) {
  struct pollfd wait = {.fd = master, .events = events};
  return poll(&wait, 1, 5000) == 1;
}

static void opening(void) {
  master = posix_openpt(O_RDWR | O_NOCTTY);
  unsigned number = 99999;
  int locked = -1;
  char name[32];
  check("number", ioctl(master, TIOCGPTN, &number) == 0 && number < 99999);
  check("locked at first", ioctl(master, TIOCGPTLCK, &locked) == 0 && locked == 1);
  check("unlocked", unlockpt(master) == 0 && ioctl(master, TIOCGPTLCK, &locked) == 0 && locked == 0);
  snprintf(name, sizeof name, "/dev/pts/%u", number);
  check("name", strcmp(name, ptsname(master)) == 0);
  int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  check("peer", peer >= 0 && isatty(peer) && fcntl(peer, F_GETFD) == FD_CLOEXEC);
  close(peer);
  terminal = open(name, O_RDWR | O_NOCTTY);
  check("open", terminal >= 0 && strcmp(ttyname(terminal), name) == 0);
  int mode = -1;
  check("packets", ioctl(master, TIOCGPKT, &mode) == 0 && mode == 0);
  mode = -1;
  check("exclusive", ioctl(terminal, TIOCGEXCL, &mode) == 0 && mode == 0);
  check("no modem", ioctl(terminal, TIOCMGET, &mode) < 0 && (errno == EINVAL || errno == ENOTTY));
  check("line discipline", ioctl(terminal, TIOCGETD, &mode) == 0 && mode == 0);
  check("no such request", ioctl(terminal, 0x1234567, &mode) < 0 && errno == ENOTTY);
}

static void settings(void) {
  struct termios before, raw, after;
  check("get", tcgetattr(terminal, &before) == 0);
  check("default", (before.c_lflag & (ICANON | ECHO | ISIG | IEXTEN))
      == (ICANON | ECHO | ISIG | IEXTEN) && before.c_iflag & ICRNL && before.c_oflag & OPOST
      && before.c_cflag & CREAD && (before.c_cflag & CSIZE) == CS8);
  check("characters", before.c_cc[VINTR] == 3 && before.c_cc[VEOF] == 4 && before.c_cc[VSUSP] == 26
      && before.c_cc[VERASE] == 127 && before.c_cc[VSTART] == 17 && before.c_cc[VLNEXT] == 22);
  check("speed", cfgetospeed(&before) == B38400);
  raw = before;
  cfmakeraw(&raw);
  raw.c_cc[VMIN] = 3, raw.c_cc[VTIME] = 1;
  cfsetspeed(&raw, B115200);
  check("set", tcsetattr(terminal, TCSAFLUSH, &raw) == 0 && tcgetattr(terminal, &after) == 0);
  check("raw", !(after.c_lflag & (ICANON | ECHO | ISIG | IEXTEN)) && !(after.c_oflag & OPOST)
      && !(after.c_iflag & (ICRNL | IXON)) && after.c_cc[VMIN] == 3 && after.c_cc[VTIME] == 1
      && cfgetospeed(&after) == B115200);
  char text[16] = "";
  check("raw input", write(master, "\r\003z", 3) == 3 && read(terminal, text, 16) == 3
      && strcmp(text, "\r\003z") == 0);
  tcsetattr(terminal, TCSANOW, &before);
  int waiting = -1;
  check("a line", write(master, "ab\177c\r", 5) == 5 && read(terminal, text, 16) == 3
      && memcmp(text, "ac\n", 3) == 0);
  check("echo", read(master, text, 16) == 8 && memcmp(text, "ab\b \bc\r\n", 8) == 0);
  check("output", write(terminal, "x\n", 2) == 2 && waited(POLLIN)
      && ioctl(master, FIONREAD, &waiting) == 0 && waiting == 3);
  check("drain", read(master, text, 16) == 3 && tcdrain(terminal) == 0);
  check("stop and go", tcflow(terminal, TCOOFF) == 0 && tcflow(terminal, TCOON) == 0);
}

static void waitFor(int signal) {
  for (int n = 0; n < 500 && !signals[signal]; n++) usleep(10000);
}

// A session whose terminal this is; the groups in it.
static int session(void) {
  setsid();
  alarm(60);
  for (int n = 1; n < 32; n++)
    if (n == SIGINT || n == SIGWINCH || n == SIGTTOU || n == SIGTSTP || n == SIGHUP || n == SIGCONT)
      signal(n, caught);
  check("control", ioctl(terminal, TIOCSCTTY, 0) == 0 && tcgetsid(terminal) == getpid());
  check("foreground", tcgetpgrp(terminal) == getpid());
  struct winsize size = {.ws_row = 50, .ws_col = 132, .ws_xpixel = 7, .ws_ypixel = 9}, got;
  check("resize", ioctl(master, TIOCSWINSZ, &size) == 0);
  waitFor(SIGWINCH);
  check("SIGWINCH", signals[SIGWINCH] == 1 && ioctl(terminal, TIOCGWINSZ, &got) == 0
      && memcmp(&size, &got, sizeof size) == 0);
  check("C-c", write(master, "\003", 1) == 1);
  waitFor(SIGINT);
  check("SIGINT", signals[SIGINT] == 1);
  int status = -1;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    signal(SIGTSTP, SIG_DFL);
    alarm(60);
    char byte;
    _exit(read(terminal, &byte, 1) == 1 ? byte : 99);
  }
  setpgid(child, child);
  check("SIGTTIN", waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status)
      && WSTOPSIG(status) == SIGTTIN);
  signal(SIGTTOU, SIG_IGN);
  check("to the foreground", tcsetpgrp(terminal, child) == 0 && tcgetpgrp(terminal) == child);
  kill(child, SIGCONT);
  check("SIGCONT", waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
  check("C-z", write(master, "\032", 1) == 1 && waitpid(child, &status, WUNTRACED) == child
      && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
  kill(child, SIGCONT);
  check("its line", write(master, "A\n", 2) == 2 && waitpid(child, &status, 0) == child
      && WIFEXITED(status) && WEXITSTATUS(status) == 'A');
  check("back", tcsetpgrp(terminal, getpid()) == 0);
  char byte = 'q';
  check("typed by request", ioctl(terminal, TIOCSTI, &byte) == 0 || errno == EIO);
  check("given up", ioctl(terminal, TIOCNOTTY) == 0);
  waitFor(SIGHUP);
  check("SIGHUP", signals[SIGHUP] == 1 && open("/dev/tty", O_RDWR) < 0 && errno == ENXIO);
  return 0;
}

static void files(void) {
  char name[] = "/tmp/terminals-XXXXXX";
  int file = mkstemp(name), block = 0, flags = -1;
  check("write", write(file, "0123456789", 10) == 10 && lseek(file, 4, SEEK_SET) == 4);
  check("FIONREAD", ioctl(file, FIONREAD, &block) == 0 && block == 6);
  check("FIGETBSZ", ioctl(file, FIGETBSZ, &block) == 0 && block >= 512 && block <= 65536);
  // linux/fs.h and ioctl_iflags(2): an int, whatever the number of the request says.
  int result = ioctl(file, FS_IOC_GETFLAGS, &flags);
  check("flags", result == 0 ? flags != -1 : errno == ENOTTY || errno == EOPNOTSUPP);
  if (result == 0) flags |= FS_NODUMP_FL, result = ioctl(file, FS_IOC_SETFLAGS, &flags);
  check("set flags", result == 0 ? ioctl(file, FS_IOC_GETFLAGS, &flags) == 0 && flags & FS_NODUMP_FL
      : errno == ENOTTY || errno == EOPNOTSUPP);
  long long size = -1;
  check("FIOQSIZE", ioctl(file, FIOQSIZE, &size) == 0 && size >= 0);
  check("FIOCLEX", ioctl(file, FIOCLEX) == 0 && fcntl(file, F_GETFD) == FD_CLOEXEC);
  int on = 1;
  check("FIONBIO", ioctl(file, FIONBIO, &on) == 0 && fcntl(file, F_GETFL) & O_NONBLOCK);
  int entropy = -1, random = open("/dev/urandom", O_RDONLY);
  check("entropy", ioctl(random, _IOR('R', 0, int), &entropy) == 0 && entropy >= 0);
  check("a file is no terminal", tcgetattr(file, &(struct termios){0}) < 0 && errno == ENOTTY);
  unlink(name);
}

int main(void) {
  alarm(60);
  opening();
  settings();
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) exit(session());
  int status = -1;
  check("session", waitpid(child, &status, 0) == child && status == 0);
  files();
  return 0;
}
