// SPDX-License-Identifier: BSD-2-Clause
//
// weir down: ends the weir up that holds an interface, and waits until the interface is gone.
//
// No file says which process that is, so none can be stale: the kernel tells the interface's name beside each
// descriptor of a TAP (/proc/PID/fdinfo). The worker is not asked: a simulated card's wire may be a TAP, too.
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tool.h"
#include "up.h"

// The first line of a file that begins with `start`, what follows that in `rest` without its end. False:
// there is none.
static bool find_line(const char *path, const char *start, char *rest, size_t size)
{
    FILE *file = fopen(path, "re");
    char line[256];
    bool found = false;

    while (file && !found && fgets(line, sizeof line, file)) {
        found = strncmp(line, start, strlen(start)) == 0;
        if (found)
            snprintf(rest, size, "%.*s", (int)strcspn(line + strlen(start), "\n"), line + strlen(start));
    }
    if (file)
        fclose(file);
    return found;
}

// One of ours, in our network namespace: elsewhere interfaces of the same name are others.
static bool is_ours(const char *pid)
{
    char path[300], name[32], theirs[64] = "", own[64] = "";

    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    if (!find_line(path, "", name, sizeof name) || strcmp(name, UP_PROCESS_NAME) != 0)
        return false;
    snprintf(path, sizeof path, "/proc/%s/ns/net", pid);
    return readlink(path, theirs, sizeof theirs - 1) > 0 &&
           readlink("/proc/self/ns/net", own, sizeof own - 1) > 0 && strcmp(theirs, own) == 0;
}

static bool holds(const char *pid, const char *interface)
{
    char path[600], name[IFNAMSIZ + 1];
    bool found = false;

    snprintf(path, sizeof path, "/proc/%s/fdinfo", pid);
    DIR *descriptors = opendir(path);
    for (struct dirent *entry; descriptors && !found && (entry = readdir(descriptors)) != NULL;) {
        snprintf(path, sizeof path, "/proc/%s/fdinfo/%s", pid, entry->d_name);
        found = entry->d_name[0] != '.' && find_line(path, "iff:\t", name, sizeof name) &&
                strcmp(name, interface) == 0;
    }
    if (descriptors)
        closedir(descriptors);
    return found;
}

static bool has_ended(int process)
{
    struct pollfd end = {.fd = process, .events = POLLIN};

    while (poll(&end, 1, -1) < 0 && errno == EINTR) {
    }
    close(process);
    return true;
}

// Whether there was such a process; an error, which it has printed, in `*result`.
static bool end_process(pid_t pid, int *result)
{
    int process = (int)syscall(SYS_pidfd_open, pid, 0);

    if (process < 0)
        return errno != ESRCH;
    if (kill(pid, SIGTERM) < 0) {
        close(process);
        if (errno == ESRCH)
            return true;
        *result = fail("cannot end process %d, which holds the interface: %s; run as root", (int)pid,
                       strerror(errno));
        return true;
    }
    return has_ended(process);
}

int cmd_down(const struct options *options, int argc, char **argv)
{
    int result = EXIT_FINE;
    bool found = false;

    (void)options;
    if (argc != 2)
        return misuse("down needs the interface's name, as in weir down weir0");
    DIR *processes = opendir("/proc");
    if (!processes)
        return fail("cannot look for the process in /proc: %s", strerror(errno));
    for (struct dirent *entry; (entry = readdir(processes)) != NULL;) {
        if (isdigit((unsigned char)entry->d_name[0]) && is_ours(entry->d_name) &&
            holds(entry->d_name, argv[1]))
            found |= end_process((pid_t)strtol(entry->d_name, NULL, 10), &result);
    }
    closedir(processes);
    if (found)
        return result;
    if (if_nametoindex(argv[1]) == 0)
        return fail("there is no interface %s here: `ip link` shows those that are", argv[1]);
    return fail("interface %s is none of weir up's, or another user's: run as root", argv[1]);
}
