// System V and POSIX interprocess communication, judged by what svipc(7) and mq_overview(7) say.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

union Argument { int value; struct semid_ds *status; unsigned short *values; struct seminfo *limits; };

static int isRecent(time_t t) { return labs((long)(time(NULL) - t)) < 60; }

static volatile sig_atomic_t caught, code, payload;

static void handle(int signal, siginfo_t *information, void *context) {
  (void)context;
  caught = signal;
  code = information->si_code;
  payload = information->si_value.sival_int;
}

// Interrupts the next wait, again and again.
static void interrupt(int milliseconds) {
  struct itimerval t = {{0, 1000 * milliseconds}, {0, 1000 * milliseconds}};
  setitimer(ITIMER_REAL, &t, NULL);
}

static void semaphores(void) {
  int set = semget(IPC_PRIVATE, 3, IPC_CREAT | 0640);
  unsigned short values[3] = {5, 0, 65535 / 2}, read[3] = {0};
  check("semget", set >= 0);
  check("SETALL", semctl(set, 0, SETALL, (union Argument){.values = values}) == 0);
  check("GETALL", semctl(set, 0, GETALL, (union Argument){.values = read}) == 0 &&
    memcmp(values, read, sizeof read) == 0);
  struct semid_ds status;
  memset(&status, 0xff, sizeof status);
  check("IPC_STAT", semctl(set, 0, IPC_STAT, (union Argument){.status = &status}) == 0);
  check("semid_ds", status.sem_nsems == 3 && status.sem_otime == 0 && isRecent(status.sem_ctime) &&
    (status.sem_perm.mode & 0777) == 0640 && status.sem_perm.uid == geteuid() &&
    status.sem_perm.__key == IPC_PRIVATE);
  struct sembuf down = {0, -3, 0}, wait = {1, 0, 0}, take = {1, -1, IPC_NOWAIT};
  check("semop", semop(set, &down, 1) == 0 && semctl(set, 0, GETVAL) == 2);
  check("semop zero", semop(set, &wait, 1) == 0);
  check("IPC_NOWAIT", semop(set, &take, 1) == -1 && errno == EAGAIN);
  semctl(set, 0, IPC_STAT, (union Argument){.status = &status});
  check("sem_otime", isRecent(status.sem_otime));
  check("GETPID", semctl(set, 0, GETPID) == getpid());
  take.sem_flg = 0;
  struct timespec time = {0, 20000000};
  check("semtimedop", semtimedop(set, &take, 1, &time) == -1 && errno == EAGAIN);
  interrupt(20);
  check("semop EINTR", semop(set, &take, 1) == -1 && errno == EINTR);
  interrupt(0);
  status.sem_perm.mode = 0600;
  check("IPC_SET", semctl(set, 0, IPC_SET, (union Argument){.status = &status}) == 0 &&
    semctl(set, 0, IPC_STAT, (union Argument){.status = &status}) == 0 &&
    (status.sem_perm.mode & 0777) == 0600);
  struct seminfo limits;
  check("SEM_INFO", semctl(0, 0, SEM_INFO, (union Argument){.limits = &limits}) >= 0 &&
    limits.semusz >= 1 && limits.semaem >= 3 && limits.semvmx == 32767);
  struct sembuf undo = {0, 1, SEM_UNDO};
  pid_t child = fork();
  if (child == 0) _exit(semop(set, &undo, 1) == 0 && semctl(set, 0, GETVAL) == 3 ? 0 : 1);
  int end;
  waitpid(child, &end, 0);
  check("SEM_UNDO", end == 0 && semctl(set, 0, GETVAL) == 2);
  child = fork();
  if (child == 0) {
    usleep(20000);
    struct sembuf up = {1, 1, 0};
    _exit(semop(set, &up, 1));
  }
  check("semop waits", semop(set, &take, 1) == 0);
  waitpid(child, NULL, 0);
  check("SETVAL ERANGE", semctl(set, 0, SETVAL, (union Argument){.value = 32768}) == -1 &&
    errno == ERANGE);
  // The C library's own function reads the structure back itself.
  check("semctl EFAULT", syscall(SYS_semctl, set, 0, IPC_STAT, 16) == -1 && errno == EFAULT);
  check("IPC_RMID", semctl(set, 0, IPC_RMID) == 0 && semctl(set, 0, GETVAL) == -1 &&
    (errno == EINVAL || errno == EIDRM));
}

struct Message { long kind; char text[64]; };

static void messages(void) {
  int queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
  struct Message out = {7, "seven"}, in;
  check("msgget", queue >= 0);
  check("msgsnd", msgsnd(queue, &out, 6, 0) == 0);
  out = (struct Message){0x12345678, "large"};
  check("msgsnd large type", msgsnd(queue, &out, 6, 0) == 0);
  struct msqid_ds status;
  memset(&status, 0xff, sizeof status);
  check("msgctl", msgctl(queue, IPC_STAT, &status) == 0);
  check("msqid_ds", status.msg_qnum == 2 && status.__msg_cbytes == 12 && status.msg_lspid == getpid()
    && status.msg_lrpid == 0 && isRecent(status.msg_stime) && status.msg_rtime == 0 &&
    status.msg_qbytes > 12);
  check("msgrcv type", msgrcv(queue, &in, 64, 0x12345678, 0) == 6 && in.kind == 0x12345678 &&
    strcmp(in.text, "large") == 0);
  check("msgrcv E2BIG", msgrcv(queue, &in, 2, 0, 0) == -1 && errno == E2BIG);
  check("MSG_NOERROR", msgrcv(queue, &in, 2, -9, MSG_NOERROR) == 2 && in.kind == 7 &&
    in.text[1] == 'e');
  check("ENOMSG", msgrcv(queue, &in, 2, 0, IPC_NOWAIT) == -1 && errno == ENOMSG);
  interrupt(20);
  check("msgrcv EINTR", msgrcv(queue, &in, 2, 0, 0) == -1 && errno == EINTR);
  interrupt(0);
  out.kind = 0;
  check("msgsnd type 0", msgsnd(queue, &out, 1, 0) == -1 && errno == EINVAL);
  check("msgsnd EFAULT", msgsnd(queue, (void *)16, 1, 0) == -1 && errno == EFAULT);
  status.msg_qbytes = 100;
  check("msg IPC_SET", msgctl(queue, IPC_SET, &status) == 0 &&
    msgctl(queue, IPC_STAT, &status) == 0 && status.msg_qbytes == 100 &&
    status.msg_lrpid == getpid() && isRecent(status.msg_rtime));
  struct msginfo limits;
  check("MSG_INFO", msgctl(0, MSG_INFO, (void *)&limits) >= 0 && limits.msgpool >= 1 &&
    limits.msgmax >= 8192);
  check("msg IPC_RMID", msgctl(queue, IPC_RMID, NULL) == 0 && msgctl(queue, IPC_STAT, &status) == -1);
}

static void sharedMemory(void) {
  int segment = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600);
  check("shmget", segment >= 0);
  char *first = shmat(segment, NULL, 0), *second = shmat(segment, NULL, SHM_RDONLY);
  check("shmat", first != (char *)-1 && second != (char *)-1 && first != second);
  strcpy(first, "shared");
  check("shared", strcmp(second, "shared") == 0);
  struct shmid_ds status;
  memset(&status, 0xff, sizeof status);
  check("shmctl", shmctl(segment, IPC_STAT, &status) == 0);
  check("shmid_ds", status.shm_segsz == 10000 && status.shm_nattch == 2 &&
    status.shm_cpid == getpid() && status.shm_lpid == getpid() && isRecent(status.shm_atime) &&
    status.shm_dtime == 0 && isRecent(status.shm_ctime));
  pid_t child = fork();
  if (child == 0) {
    strcpy(first + 9000, "child");
    _exit(shmdt(first) == 0 ? 0 : 1);
  }
  int end;
  waitpid(child, &end, 0);
  check("shared with a child", end == 0 && strcmp(second + 9000, "child") == 0);
  check("shmdt", shmdt(second) == 0 && shmdt(second) == -1 && errno == EINVAL);
  check("shmat at", shmat(segment, second, 0) == second);
  check("SHM_RND", shmat(segment, second + 5, 0) == (char *)-1 && errno == EINVAL);
  check("shmat taken", shmat(segment, second, 0) == (char *)-1 && errno == EINVAL);
  check("SHM_REMAP", shmat(segment, second, SHM_REMAP) == second &&
    strcmp(second, "shared") == 0);
  check("read into", pread(open("/proc/self/cmdline", O_RDONLY), second, 4, 0) > 0);
  check("shm IPC_RMID", shmctl(segment, IPC_RMID, NULL) == 0);
  shmctl(segment, IPC_STAT, &status);
  check("SHM_DEST", status.shm_perm.mode & SHM_DEST && status.shm_nattch == 2 &&
    isRecent(status.shm_dtime));
  check("detached", shmdt(first) == 0 && shmdt(second) == 0 &&
    shmctl(segment, IPC_STAT, &status) == -1);
  check("shmdt of nothing", shmdt((void *)0x20000) == -1 && errno == EINVAL);
  struct shminfo limits;
  check("IPC_INFO", shmctl(0, IPC_INFO, (void *)&limits) >= 0 && limits.shmmin == 1 &&
    limits.shmmni > 0);
  struct shm_info usage;
  check("SHM_INFO", shmctl(0, SHM_INFO, (void *)&usage) >= 0 && usage.used_ids >= 0);
}

static void queues(void) {
  char name[64];
  snprintf(name, sizeof name, "/interprocess-%d", (int)getpid());
  struct mq_attr attributes = {.mq_maxmsg = 3, .mq_msgsize = 32}, found;
  mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
  check("mq_open", queue >= 0);
  check("mq_open EEXIST", mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL) == -1 &&
    errno == EEXIST);
  memset(&found, 0xff, sizeof found);
  check("mq_getattr", mq_getattr(queue, &found) == 0 && found.mq_maxmsg == 3 &&
    found.mq_msgsize == 32 && found.mq_curmsgs == 0 && found.mq_flags == 0);
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, NULL);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
    .sigev_value.sival_int = 0x1234567};
  check("mq_notify", mq_notify(queue, &event) == 0);
  check("mq_notify EBUSY", mq_notify(queue, &event) == -1 && errno == EBUSY);
  check("mq_send", mq_send(queue, "low", 4, 1) == 0 && mq_send(queue, "high", 5, 9) == 0);
  check("notified", caught == SIGUSR1 && code == SI_MESGQ && payload == 0x1234567);
  char text[32];
  unsigned priority = 0;
  check("mq_receive", mq_receive(queue, text, 32, &priority) == 5 && priority == 9 &&
    strcmp(text, "high") == 0);
  check("mq_receive EMSGSIZE", mq_receive(queue, text, 31, &priority) == -1 && errno == EMSGSIZE);
  check("mq_receive no priority", mq_receive(queue, text, 32, NULL) == 4);
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 20000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
  check("mq_timedreceive", mq_timedreceive(queue, text, 32, NULL, &soon) == -1 &&
    errno == ETIMEDOUT);
  interrupt(20);
  check("mq_receive EINTR", mq_receive(queue, text, 32, NULL) == -1 && errno == EINTR);
  interrupt(0);
  attributes.mq_flags = O_NONBLOCK;
  check("mq_setattr", mq_setattr(queue, &attributes, &found) == 0 && found.mq_flags == 0 &&
    mq_getattr(queue, &found) == 0 && found.mq_flags == O_NONBLOCK);
  check("mq EAGAIN", mq_receive(queue, text, 32, NULL) == -1 && errno == EAGAIN);
  check("mq EFAULT", mq_send(queue, (char *)16, 4, 1) == -1 && errno == EFAULT);
  check("mq_notify EFAULT", syscall(SYS_mq_notify, queue, 16) == -1 && errno == EFAULT);
  check("mq_unlink", mq_close(queue) == 0 && mq_unlink(name) == 0 && mq_unlink(name) == -1 &&
    errno == ENOENT);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  sigaction(SIGALRM, &action, NULL);
  setvbuf(stdout, NULL, _IOLBF, 0);
  semaphores();
  messages();
  sharedMemory();
  queues();
  return 0;
}
