// Tables that processes and threads have together or for themselves: descriptors with CLONE_FILES and
// unshare(2); System V's segments of memory, their numbers and limits. Prints the same natively.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

static int fails(long result, int error) { return result == -1 && errno == error; }

static int statusOf(pid_t child) {
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// A number that is an eventfd's counter, or plain bytes.
static uint64_t counted(int file) {
  uint64_t value = 0;
  return read(file, &value, sizeof value) == sizeof value ? value : 0;
}

static int counter(int file, int value) {
  close(file);
  int made = eventfd(value, EFD_NONBLOCK);
  return made == file || (dup2(made, file) == file && close(made) == 0);
}

static pid_t sharing(unsigned long flags) {
  fflush(stdout);
  return syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
}

static int plain(int file) {
  int zero = open("/dev/zero", O_RDWR);
  if (zero != file) dup2(zero, file), close(zero);
  // What kind of file it is is known from here on.
  return counted(file) == 0;
}

enum { FILE_ = 40 };

static void descriptors(void) {
  plain(FILE_);
  pid_t child = sharing(CLONE_FILES);
  if (child == 0) _exit(counter(FILE_, 5) ? 3 : 1);
  check("CLONE_FILES", statusOf(child) == 3 && counted(FILE_) == 5);
  plain(FILE_);
  child = sharing(CLONE_FILES);
  if (child == 0) {
    while (fcntl(FILE_ + 1, F_GETFD) < 0) usleep(1000);
    _exit(counted(FILE_) == 6 ? 4 : 1);
  }
  counter(FILE_, 6), dup2(1, FILE_ + 1);
  check("the parent's change", statusOf(child) == 4 && close(FILE_ + 1) == 0);
  // A child of the child has a table of its own; its parent still has ours.
  plain(FILE_);
  child = sharing(CLONE_FILES);
  if (child == 0) {
    pid_t grandchild = sharing(0);
    if (grandchild == 0) _exit(counter(FILE_, 7) && counted(FILE_) == 7 ? 5 : 1);
    _exit(statusOf(grandchild) == 5 && plain(FILE_) ? 6 : 1);
  }
  check("a copy of it", statusOf(child) == 6 && counted(FILE_) == 0);
  child = sharing(CLONE_FILES);
  if (child == 0) {
    if (unshare(CLONE_FILES)) _exit(2);
    _exit(counter(FILE_, 8) && counted(FILE_) == 8 ? 7 : 1);
  }
  check("unshare", statusOf(child) == 7 && counted(FILE_) == 0 && counter(FILE_, 9) && counted(FILE_) == 9);
}

// Threads, one of which has descriptors of its own.
static pthread_barrier_t barrier;
static void *alone(void *argument) {
  int *right = argument;
  plain(FILE_);
  *right = unshare(CLONE_FILES) == 0;
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  // The other thread has made another file of it: not here.
  *right &= counted(FILE_) == 0 && counter(FILE_, 11) && counted(FILE_) == 11;
  counter(FILE_, 12);
  pthread_barrier_wait(&barrier);
  *right &= counted(FILE_) == 12;
  return NULL;
}

static void threads(void) {
  pthread_t thread;
  int right = 0;
  pthread_barrier_init(&barrier, NULL, 2);
  pthread_create(&thread, NULL, alone, &right);
  pthread_barrier_wait(&barrier);
  int made = counter(FILE_, 10) && counted(FILE_) == 10 && plain(FILE_);
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  check("a thread's own", counted(FILE_) == 0 && made);
  pthread_join(thread, NULL);
  check("the thread's view", right);
}

static void segments(void) {
  struct shminfo limits;
  struct shm_info before, now;
  struct shmid_ds status;
  check("limits", shmctl(0, IPC_INFO, (void *)&limits) >= 0 && limits.shmmax == ULONG_MAX - (1ul << 24) &&
    limits.shmall == ULONG_MAX - (1ul << 24) && limits.shmmni == 4096 && limits.shmseg == 4096 && limits.shmmin == 1);
  shmctl(0, SHM_INFO, (void *)&before);
  int number = shmget(0x4c795265, 3 * 4096 - 1, IPC_CREAT | IPC_EXCL | 0640);
  int highest = shmctl(0, SHM_INFO, (void *)&now);
  check("SHM_INFO", number >= 0 && highest >= 0 && now.used_ids == before.used_ids + 1 &&
    now.shm_tot == before.shm_tot + 3 && now.shm_rss == before.shm_rss);
  check("there already", fails(shmget(0x4c795265, 4096, IPC_CREAT | IPC_EXCL | 0640), EEXIST));
  check("too large", fails(shmget(0x4c795265, 4 * 4096, 0), EINVAL) && shmget(0x4c795265, 4096, 0) == number);
  check("of no size", fails(shmget(IPC_PRIVATE, 0, 0600), EINVAL));
  check("beyond the limit", fails(shmget(IPC_PRIVATE, ULONG_MAX, 0600), EINVAL));
  check("not there", fails(shmget(0x4c795266, 4096, 0), ENOENT));
  char *place = shmat(number, NULL, 0), *again = shmat(number, NULL, SHM_RDONLY);
  for (int n = 0; n < 3; n++) place[n * 4096] = n + 1;
  shmctl(0, SHM_INFO, (void *)&now);
  check("its pages", now.shm_rss == before.shm_rss + 3 && again[8192] == 3);
  check("IPC_STAT", shmctl(number, IPC_STAT, &status) == 0 && status.shm_segsz == 3 * 4096 - 1 &&
    status.shm_nattch == 2 && status.shm_cpid == getpid() && status.shm_lpid == getpid() &&
    (status.shm_perm.mode & 0777) == 0640);
  int found = 0;
  for (int index = 0; index <= highest; index++)
    found += shmctl(index, SHM_STAT, &status) == number && status.shm_segsz == 3 * 4096 - 1;
  check("SHM_STAT", found == 1);
  check("another command", fails(shmctl(number, 99, &status), EINVAL) && fails(shmctl(number, -1, &status), EINVAL));
  check("another number", fails(shmctl(0x7fffffff, IPC_STAT, &status), EINVAL) && fails(shmctl(-1, IPC_STAT, &status), EINVAL));
  check("a bad place", fails(shmctl(0, IPC_INFO, (void *)16), EFAULT) && fails(shmctl(0, SHM_INFO, (void *)16), EFAULT));
  check("removed", shmctl(number, IPC_RMID, NULL) == 0 && shmctl(number, IPC_STAT, &status) == 0 &&
    (status.shm_perm.mode & SHM_DEST) && status.shm_perm.__key == IPC_PRIVATE && fails(shmget(0x4c795265, 4096, 0), ENOENT));
  check("detached", shmdt(place) == 0 && shmdt(again) == 0 && fails(shmdt(place), EINVAL) &&
    fails(shmctl(number, IPC_STAT, &status), EINVAL) && shmctl(0, SHM_INFO, (void *)&now) >= 0 &&
    now.used_ids == before.used_ids && now.shm_tot == before.shm_tot);
}

int main(void) {
  descriptors();
  threads();
  segments();
  return 0;
}
