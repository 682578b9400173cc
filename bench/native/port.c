/* The watching of linear contracts under continuous tiers, in C: evaluate, trigger, heap.

   A port of src/solvent/watch (buffer, triggers, heap, judge) that works on the engine's own
   tables, so that both can be run on copies of one state and compared. Left out, because the
   population has none of it: other contract kinds, conversion between assets, profit caps, entry
   basis, jumping schedules. Every record is a row of int64, in the order of ledger/tables.py. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

typedef int64_t i64;
typedef __int128 i128;

struct account { i64 wallet, first, asset, level, stage, slots, role, flags; };
struct account_cold { i64 ahead[5], active_at, rest[3], touched_at, recheck_at, order_serial; };
struct position { i64 lots, cost, index, account, instrument, leg, next, leverage; };
struct instrument {
    i64 kind, k, k_den, mark, index_long, index_short, settle, base, open_lots, status, price_min,
        price_max, lots_max, form, rate_num, rate_den, shift_down, shift_up, dirty, expiry, slots, moved;
};
struct key { i64 down, up, down_at, up_at; };
struct heap { i64 at, size, capacity; };
struct entry { i64 key, slot; };
struct list { i64 touched, touched_from, rest[5]; };
struct tables {
    struct account *accounts;
    struct account_cold *cold;
    struct position *positions;
    struct instrument *instruments;
    const i64 *schedules, *schedule_of;
    struct key *keys;
    struct heap *heaps;
    struct entry *entries;
    struct list *lists;
    i64 *header;
};

enum { NONE = -1, LIQUIDATE = 3, BANKRUPT = 4, LEVELS = 5, SUBTICKS = 1024, DOWN = 0, UP = 1, ARITY = 4 };
enum { ACCOUNTS = 0, TOUCHED = 10, EVALUATIONS = 20 };                 /* header */
enum { SCALE = 2, FEE = 3, COUNT = 4, TIER = 12, WIDTH = 4, BOUND = 0, RATE = 1, WHOLE = 2, PART = 3 };
static const i64 PRICE_LIMIT = (i64)1 << 50;

static inline i64 down_div(i64 a, i64 d) { i64 q = a / d; return q - (a % d != 0 && (a ^ d) < 0); }
static inline i64 up_div(i64 a, i64 d) { i64 q = a / d; return q + (a % d != 0 && (a ^ d) >= 0); }
static inline i64 mod(i64 a, i64 d) { return a - down_div(a, d) * d; }
static inline i64 least(i64 a, i64 b) { return a < b ? a : b; }
static inline i64 most(i64 a, i64 b) { return a > b ? a : b; }

static inline i64 worth_of(const struct tables *s, const struct position *row) {
    const struct instrument *contract = &s->instruments[row->instrument];
    return row->lots * contract->k * contract->mark;
}

static inline i64 owed(const struct tables *s, const struct position *row) {
    const struct instrument *contract = &s->instruments[row->instrument];
    i64 index = row->lots < 0 ? contract->index_short : contract->index_long;
    return (i64)-((-(i128)row->lots * (index - row->index)) >> 24);
}

static i64 need_of(const struct tables *s, const struct position *row, i64 level, i64 n) {
    if (level == BANKRUPT) return 0;
    const i64 *table = s->schedules + s->schedule_of[row->instrument * (LEVELS + 1) + level];
    i64 tier = 0, last = table[COUNT] - 1;
    while (tier < last && n > table[TIER + tier * WIDTH + BOUND]) tier++;
    const i64 *piece = table + TIER + tier * WIDTH;
    i64 scale = table[SCALE], rate = piece[RATE] + table[FEE], whole = n / scale;
    return whole * rate + up_div((n - whole * scale) * rate - piece[PART], scale) - piece[WHOLE];
}

static i64 buffer_at(const struct tables *s, i64 account, i64 level) {
    i64 total = s->accounts[account].wallet;
    for (i64 slot = s->accounts[account].first; slot != NONE; slot = s->positions[slot].next) {
        const struct position *row = &s->positions[slot];
        if (row->lots == 0) continue;
        i64 worth = worth_of(s, row);
        total += worth - row->cost - owed(s, row) - need_of(s, row, level, llabs(worth));
    }
    return total;
}

static i64 level_of(struct tables *s, i64 account, i64 level) {
    s->header[EVALUATIONS]++;
    if (level < 5 && buffer_at(s, account, level) < 0) {
        level++;
        while (level < 5 && buffer_at(s, account, level) < 0) level++;
        return level;
    }
    while (level > 0 && buffer_at(s, account, level - 1) >= 0) level--;
    return level;
}

/* Smallest n with n - need(n) >= target, largest n with n + need(n) <= limit. */
static i64 least_notional(const i64 *table, i64 target) {
    i64 best = -((i64)1 << 62), scale = table[SCALE];
    for (i64 t = 0; t < table[COUNT]; t++) {
        const i64 *piece = table + TIER + t * WIDTH;
        i64 rate = piece[RATE] + table[FEE], base = target - piece[WHOLE], keep = scale - rate;
        best = most(best, base + down_div(base, keep) * rate
                              + up_div(mod(base, keep) * rate - piece[PART], keep));
    }
    return best;
}

static i64 most_notional(const i64 *table, i64 limit) {
    i64 best = (i64)1 << 62, scale = table[SCALE];
    for (i64 t = 0; t < table[COUNT]; t++) {
        const i64 *piece = table + TIER + t * WIDTH;
        i64 whole = scale + piece[RATE] + table[FEE], base = limit + piece[WHOLE];
        best = least(best, down_div(base, whole) * scale
                               + down_div(mod(base, whole) * scale + piece[PART], whole));
    }
    return best;
}

/* Last price towards loss (recovering 0) or gain (1) at which `share` is not used up. */
static i64 trigger(const struct tables *s, const struct position *row, i64 level, i64 share,
                   i64 worth, int recovering) {
    const i64 *table = s->schedules + s->schedule_of[row->instrument * (LEVELS + 1) + level];
    i64 unit = llabs(row->lots) * s->instruments[row->instrument].k;
    i64 target = worth - need_of(s, row, level, llabs(worth)) + (recovering ? share + 1 : -share);
    if (row->lots > 0) {
        i64 n = level == BANKRUPT ? target : least_notional(table, target);
        return recovering ? down_div(n - 1, unit) : -down_div(-n, unit);
    }
    i64 n = level == BANKRUPT ? -target : most_notional(table, -target);
    return recovering ? -down_div(-(n + 1), unit) : down_div(n, unit);
}

static inline void place(struct tables *s, int side, i64 at, i64 to, i64 key, i64 slot) {
    s->entries[at + to] = (struct entry){key, slot};
    *(side == DOWN ? &s->keys[slot].down_at : &s->keys[slot].up_at) = to;
}

static void settle(struct tables *s, int side, struct heap *heap, i64 to, i64 key, i64 slot) {
    struct entry *entries = s->entries + heap->at;
    while (to > 0 && entries[(to - 1) / ARITY].key > key) {
        place(s, side, heap->at, to, entries[(to - 1) / ARITY].key, entries[(to - 1) / ARITY].slot);
        to = (to - 1) / ARITY;
    }
    for (i64 child; (child = to * ARITY + 1) < heap->size; ) {
        i64 best = child;
        for (i64 other = child + 1; other < least(child + ARITY, heap->size); other++)
            if (entries[other].key < entries[best].key) best = other;
        if (entries[best].key >= key) break;
        place(s, side, heap->at, to, entries[best].key, entries[best].slot);
        to = best;
    }
    place(s, side, heap->at, to, key, slot);
}

static void heap_set(struct tables *s, i64 instrument, int side, i64 slot, i64 key) {
    struct heap *heap = &s->heaps[instrument * 2 + side];
    i64 to = side == DOWN ? s->keys[slot].down_at : s->keys[slot].up_at;
    settle(s, side, heap, to == NONE ? heap->size++ : to, key, slot);
}

static void heap_remove(struct tables *s, i64 instrument, int side, i64 slot) {
    i64 *held = side == DOWN ? &s->keys[slot].down_at : &s->keys[slot].up_at, to = *held;
    if (to == NONE) return;
    struct heap *heap = &s->heaps[instrument * 2 + side];
    struct entry moved = s->entries[heap->at + --heap->size];
    *held = NONE;
    if (to != heap->size) settle(s, side, heap, to, moved.key, moved.slot);
}

static void index_slot(struct tables *s, i64 slot, i64 level, i64 danger, i64 recovery) {
    const struct position *row = &s->positions[slot];
    const struct instrument *contract = &s->instruments[row->instrument];
    i64 worth = worth_of(s, row), down = -PRICE_LIMIT, up = PRICE_LIMIT;
    if (level < 5) {
        i64 price = trigger(s, row, level, danger, worth, 0);
        if (row->lots > 0) down = most(price, 1 - PRICE_LIMIT);
        else up = least(price, PRICE_LIMIT - 1);
    }
    if (recovery >= 0) {
        i64 price = trigger(s, row, level - 1, recovery, worth, 1);
        if (row->lots > 0) up = least(price, PRICE_LIMIT - 1);
        else down = most(price, 1 - PRICE_LIMIT);
    }
    if (down > -PRICE_LIMIT) {
        s->keys[slot].down = least(down, contract->mark) * SUBTICKS - contract->shift_down;
        heap_set(s, row->instrument, DOWN, slot, -s->keys[slot].down);
    } else heap_remove(s, row->instrument, DOWN, slot);
    if (up < PRICE_LIMIT) {
        s->keys[slot].up = most(up, contract->mark) * SUBTICKS - contract->shift_up;
        heap_set(s, row->instrument, UP, slot, s->keys[slot].up);
    } else heap_remove(s, row->instrument, UP, slot);
}

static inline double weight_of(i64 worth) { return pow((double)llabs(worth), 2.0 / 3.0) + 1.0; }

static inline i64 share_of(i64 slack, double weight, double total) {
    if (weight >= total) return slack;
    return least(slack, (i64)((double)slack * (weight / total) * 0.999999999));
}

static void reindex(struct tables *s, i64 account) {
    i64 level = s->accounts[account].level, recovery = -1;
    i64 danger = level < 5 ? buffer_at(s, account, level) : 0;
    if (level > 0) recovery = -buffer_at(s, account, level - 1) - 1;
    double total = 0;
    for (i64 slot = s->accounts[account].first; slot != NONE; slot = s->positions[slot].next)
        if (s->positions[slot].lots != 0) total += weight_of(worth_of(s, &s->positions[slot]));
    for (i64 slot = s->accounts[account].first; slot != NONE; slot = s->positions[slot].next) {
        const struct position *row = &s->positions[slot];
        if (row->lots == 0) {
            heap_remove(s, row->instrument, DOWN, slot);
            heap_remove(s, row->instrument, UP, slot);
            continue;
        }
        double weight = weight_of(worth_of(s, row));
        index_slot(s, slot, level, share_of(danger, weight, total),
                   recovery < 0 ? recovery : share_of(recovery, weight, total));
    }
}

static void judge(struct tables *s, i64 account) {
    if (s->accounts[account].role != 0) return;
    i64 before = s->accounts[account].level, level = level_of(s, account, before);
    int waits = level >= LIQUIDATE && s->cold[account].active_at == NONE;
    if ((level != before || waits) && s->cold[account].touched_at == NONE) {
        i64 at = s->header[TOUCHED]++;
        s->cold[account].touched_at = at;
        s->lists[at].touched = account;
        s->lists[at].touched_from = before;
    }
    s->accounts[account].level = level;
    reindex(s, account);
}

/* One price after the other; returns the number of accounts whose level changed, over all ticks. */
i64 stream(struct tables *s, const i64 *moved, const i64 *prices, i64 ticks) {
    i64 changes = 0;
    for (i64 tick = 0; tick < ticks; tick++) {
        struct instrument *contract = &s->instruments[moved[tick]];
        struct heap *down = &s->heaps[moved[tick] * 2 + DOWN], *up = down + 1;
        contract->mark = prices[tick];
        i64 price = contract->mark * SUBTICKS;
        while (down->size > 0 && price < contract->shift_down - s->entries[down->at].key)
            judge(s, s->positions[s->entries[down->at].slot].account);
        while (up->size > 0 && price > s->entries[up->at].key + contract->shift_up)
            judge(s, s->positions[s->entries[up->at].slot].account);
        changes += s->header[TOUCHED];
        while (s->header[TOUCHED] > 0) s->cold[s->lists[--s->header[TOUCHED]].touched].touched_at = NONE;
    }
    return changes;
}

/* Every customer's level from scratch; returns how many differ from the recorded ones. */
i64 scan(struct tables *s, i64 *levels) {
    i64 wrong = 0, evaluations = s->header[EVALUATIONS];
    for (i64 account = 0; account < s->header[ACCOUNTS]; account++) {
        levels[account] = s->accounts[account].role == 0 ? level_of(s, account, 0) : 0;
        wrong += s->accounts[account].role == 0 && levels[account] != s->accounts[account].level;
    }
    s->header[EVALUATIONS] = evaluations;
    return wrong;
}

/* One exact evaluation of each named account at its own level: the unit of the watching. */
i64 evaluate(struct tables *s, const i64 *accounts, i64 count) {
    i64 sum = 0;
    for (i64 i = 0; i < count; i++)
        sum += buffer_at(s, accounts[i], s->accounts[accounts[i]].level % 5);
    return sum;
}

/* Bytes of a row of the table in this place of `struct tables`: the caller compares them to its own. */
i64 row_bytes(i64 place) {
    const i64 sizes[] = {sizeof(struct account), sizeof(struct account_cold), sizeof(struct position),
        sizeof(struct instrument), 8, 8, sizeof(struct key), sizeof(struct heap), sizeof(struct entry),
        sizeof(struct list), 8};
    return sizes[place];
}
