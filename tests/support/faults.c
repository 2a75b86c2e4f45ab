/* A library to be loaded before libc (LD_PRELOAD): the n-th call that changes a file below a folder
 * fails, or kills the process. FAULT_DIR names the folder, FAULT_AT is n (from 1; 0 for none),
 * FAULT_ERRNO the error number (0 for SIGKILL); each such call adds a byte to the file FAULT_COUNT.
 * Calls of libc's own (fwrite's write) cannot be seen, so fwrite is one of those that are.
 * FAULT_LOWER is the inode of a folder that cannot be renamed, as one of a lower overlay layer (EXDEV).
 * FAULT_INTERRUPT is the end of a path: once a folder is made there, or something renamed to it, SIGINT comes.
 * FAULT_FSYNC_FOLDER, FAULT_FSYNC_FILE and FAULT_FLOCK are error numbers that these calls end with.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static long calls;

static int inside(const char *path) {
    const char *folder = getenv("FAULT_DIR");
    return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int open_inside(int descriptor) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return inside(path);
}

static int number_of(const char *name) {
    const char *value = getenv(name);
    return value ? atoi(value) : 0;
}

/* Whether a path is the folder that cannot be renamed. */
static int lower(const char *path) {
    const char *inode = getenv("FAULT_LOWER");
    struct stat found;
    return inode && lstat(path, &found) == 0 && found.st_ino == strtoul(inode, NULL, 10);
}

/* What was done to a path: Ctrl-C, if it is time for that. */
static int interrupted(int result, const char *path) {
    const char *end = getenv("FAULT_INTERRUPT");
    if (end && strlen(path) >= strlen(end) && strcmp(path + strlen(path) - strlen(end), end) == 0) raise(SIGINT);
    return result;
}

/* Whether this call is the one that fails. */
static int fails(int counted) {
    const char *at = getenv("FAULT_AT"), *number = getenv("FAULT_ERRNO"), *count = getenv("FAULT_COUNT");
    if (!counted) return 0;
    calls++;
    if (count) {
        static int (*real_open)(const char *, int, ...);
        static ssize_t (*real_write)(int, const void *, size_t);
        if (!real_open) real_open = dlsym(RTLD_NEXT, "open");
        if (!real_write) real_write = dlsym(RTLD_NEXT, "write");
        int descriptor = real_open(count, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (descriptor >= 0) {
            real_write(descriptor, ".", 1);
            close(descriptor);
        }
    }
    if (!at || calls != atol(at)) return 0;
    if (!number || !atoi(number)) raise(SIGKILL);
    errno = atoi(number);
    return 1;
}

#define REAL(name, result, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) real = dlsym(RTLD_NEXT, #name)

ssize_t write(int descriptor, const void *data, size_t size) {
    REAL(write, ssize_t, int, const void *, size_t);
    return fails(open_inside(descriptor)) ? -1 : real(descriptor, data, size);
}

ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t offset) {
    REAL(pwrite64, ssize_t, int, const void *, size_t, off64_t);
    return fails(open_inside(descriptor)) ? -1 : real(descriptor, data, size, offset);
}

ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset) {
    return pwrite64(descriptor, data, size, offset);
}

int ftruncate64(int descriptor, off64_t size) {
    REAL(ftruncate64, int, int, off64_t);
    return fails(open_inside(descriptor)) ? -1 : real(descriptor, size);
}

int ftruncate(int descriptor, off_t size) { return ftruncate64(descriptor, size); }

ssize_t writev(int descriptor, const struct iovec *pieces, int count) {
    REAL(writev, ssize_t, int, const struct iovec *, int);
    return fails(open_inside(descriptor)) ? -1 : real(descriptor, pieces, count);
}

size_t fwrite(const void *data, size_t size, size_t count, FILE *stream) {
    REAL(fwrite, size_t, const void *, size_t, size_t, FILE *);
    return fails(open_inside(fileno(stream))) ? 0 : real(data, size, count, stream);
}

int fsync(int descriptor) {
    REAL(fsync, int, int);
    struct stat found;
    errno = fstat(descriptor, &found) == 0 && S_ISDIR(found.st_mode) ? number_of("FAULT_FSYNC_FOLDER") : number_of("FAULT_FSYNC_FILE");
    if (errno) return -1;
    return fails(open_inside(descriptor)) ? -1 : real(descriptor);
}

int fdatasync(int descriptor) {
    REAL(fdatasync, int, int);
    return fails(open_inside(descriptor)) ? -1 : real(descriptor);
}

int rename(const char *from, const char *to) {
    REAL(rename, int, const char *, const char *);
    if (lower(from) || lower(to)) {
        errno = EXDEV;
        return -1;
    }
    return fails(inside(to)) ? -1 : interrupted(real(from, to), to);
}

int renameat2(int old, const char *from, int new, const char *to, unsigned flags) {
    REAL(renameat2, int, int, const char *, int, const char *, unsigned);
    if (lower(from) || lower(to)) {
        errno = EXDEV;
        return -1;
    }
    return fails(inside(to)) ? -1 : real(old, from, new, to, flags);
}

int unlink(const char *path) {
    REAL(unlink, int, const char *);
    return fails(inside(path)) ? -1 : real(path);
}

int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat, int, int, const char *, int);
    return fails(folder == AT_FDCWD ? inside(path) : open_inside(folder)) ? -1 : real(folder, path, flags);
}

int rmdir(const char *path) {
    REAL(rmdir, int, const char *);
    return fails(inside(path)) ? -1 : real(path);
}

int flock(int descriptor, int operation) {
    REAL(flock, int, int, int);
    errno = number_of("FAULT_FLOCK");
    return errno ? -1 : real(descriptor, operation);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir, int, const char *, mode_t);
    return fails(inside(path)) ? -1 : interrupted(real(path, mode), path);
}

static int opened(int folder, const char *path, int flags, mode_t mode) {
    static int (*real)(int, const char *, int, ...);
    if (!real) real = dlsym(RTLD_NEXT, "openat");
    if (fails((flags & (O_CREAT | O_TRUNC)) && inside(path))) return -1;
    return real(folder, path, flags, mode);
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & O_CREAT) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }

int open(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
