#pragma once
// Changes to folders that the C library has no portable call for, for the tool; the runtime links none of it.

/// Lets two paths of one file system change places in one step. 0 or -errno: -EINVAL or -ENOSYS where it cannot do that.
int pack_exchange_paths(const char *first, const char *second);
