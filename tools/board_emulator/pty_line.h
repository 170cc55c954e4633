// The serial line between a board and a host: a pty whose host's end stays open, so that hosts come and go.
#ifndef STEELYARD_PTY_LINE_H
#define STEELYARD_PTY_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pty_line {
    int board_fd, host_fd;
    char path[64];     // of the host's end
    const char *link;  // symbolic link to it, or NULL
};

// Returns what failed, with `errno` set, or NULL. The link replaces a link that is there, and no file.
const char *pty_line_open(struct pty_line *line, const char *link);

// Send one byte to the host. It is lost when the host has left too much unread, as in a real adapter.
void pty_line_write(struct pty_line *line, uint8_t byte);

// What the host sent; 0 when nothing.
size_t pty_line_read(struct pty_line *line, uint8_t *bytes, size_t size);

// Unplug.
void pty_line_close(struct pty_line *line);

#endif
