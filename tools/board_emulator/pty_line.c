#include "pty_line.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define UNREAD_BYTES_MAX 3000  // what an adapter and its driver hold, about; the Python board has the same

static const char *make_link(struct pty_line *line, const char *link) {
    char fresh[4096];
    struct stat there;
    if (!lstat(link, &there) && !S_ISLNK(there.st_mode)) {  // somebody's file
        errno = EEXIST;
        return link;
    }
    int length = snprintf(fresh, sizeof fresh, "%s.%ld", link, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof fresh) {
        errno = ENAMETOOLONG;
        return link;
    }
    if (symlink(line->path, fresh) || rename(fresh, link)) return link;
    line->link = link;
    return NULL;
}

const char *pty_line_open(struct pty_line *line, const char *link) {
    struct termios raw = {0};
    line->link = NULL;
    if (openpty(&line->board_fd, &line->host_fd, line->path, NULL, NULL)) return "openpty";
    if (tcgetattr(line->host_fd, &raw)) return "tcgetattr";
    cfmakeraw(&raw);
    if (tcsetattr(line->host_fd, TCSANOW, &raw)) return "tcsetattr";
    if (fcntl(line->board_fd, F_SETFL, O_NONBLOCK)) return "fcntl";
    return link ? make_link(line, link) : NULL;
}

void pty_line_write(struct pty_line *line, uint8_t byte) {
    int unread = 0;
    ioctl(line->host_fd, FIONREAD, &unread);
    if (unread > UNREAD_BYTES_MAX) return;
    ssize_t written = write(line->board_fd, &byte, 1);
    (void)written;  // a full line loses bytes; sequence numbers tell
}

size_t pty_line_read(struct pty_line *line, uint8_t *bytes, size_t size) {
    ssize_t count = read(line->board_fd, bytes, size);
    return count > 0 ? (size_t)count : 0;
}

void pty_line_close(struct pty_line *line) {
    char target[sizeof line->path] = {0};
    bool ours = line->link && readlink(line->link, target, sizeof target - 1) > 0 && !strcmp(target, line->path);
    if (ours) unlink(line->link);
    close(line->board_fd);
    close(line->host_fd);
}
