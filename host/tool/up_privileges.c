// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tool.h"
#include "up.h"

static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    return syscall(SYS_capset, &header, none) == 0;
}

// In a user namespace that knows no other user there is none to become; without capabilities this one has no
// privileges there either.
static bool is_mapped(uid_t user)
{
    return setresuid((uid_t)-1, user, (uid_t)-1) == 0 || errno != EINVAL;
}

static bool become(const struct passwd *user)
{
    if (geteuid() != 0 || !user || !is_mapped(user->pw_uid))
        return true;
    // The probe above may have given up the right to change groups.
    if (setresuid((uid_t)-1, 0, (uid_t)-1) < 0)
        return false;
    return setgroups(0, NULL) == 0 && setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == 0 &&
           setresuid(user->pw_uid, user->pw_uid, user->pw_uid) == 0 && setuid(0) != 0;
}

bool up_drop_privileges(const struct passwd *user, int parent_pid)
{
    if (!become(user) || !drop_capabilities() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        fail("cannot give up privileges: %s; --user names another user", strerror(errno));
        return false;
    }
    // What these tell of the process was reset with its user.
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    return getppid() == parent_pid;
}
