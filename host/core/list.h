// SPDX-License-Identifier: BSD-2-Clause
//
// A doubly linked ring of nodes inside other structures. A node that is in no list points at itself, so that
// "is it somewhere?" and "take it out" need no list.
#ifndef WEIR_LIST_H
#define WEIR_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct weir_list {
    struct weir_list *next, *previous;
};

#define WEIR_CONTAINER(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline void weir_list_init(struct weir_list *node)
{
    node->next = node->previous = node;
}

// For a list: empty; for a node: in no list.
static inline bool weir_list_empty(const struct weir_list *list)
{
    return list->next == list;
}

static inline void weir_list_remove(struct weir_list *node)
{
    node->previous->next = node->next;
    node->next->previous = node->previous;
    weir_list_init(node);
}

static inline void weir_list_append(struct weir_list *list, struct weir_list *node)
{
    node->previous = list->previous;
    node->next = list;
    list->previous->next = node;
    list->previous = node;
}

#endif
