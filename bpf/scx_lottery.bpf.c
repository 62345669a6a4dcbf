// SPDX-License-Identifier: MIT
/*
 * A lottery decides who runs next: every waiting task holds tickets, one ticket is drawn, its holder gets the processor
 * for a slice. Shares of processor time are then as the shares of tickets, at any moment and for any mix of tasks
 * (Waldspurger and Weihl, "Lottery Scheduling: Flexible Proportional-Share Resource Management", OSDI 1994).
 *
 * The draw. The paper walks a list until it has passed the winning ticket. Here a task with t tickets takes a number,
 * E / t, with E from the exponential distribution, and the smallest number wins: it is t's with the probability
 * t / (sum of all tickets). The distribution has no memory. By how much the losers' numbers exceed the winner's is again
 * distributed as if they had just been drawn, so they keep them, and only who has won takes a new one, counted from the
 * one it won with. The kernel's ordered dispatch queues hold the numbers: a draw takes logarithmic time.
 *
 * Several processors. Winners run for a slice, during which others draw; a task with many tickets might have won again
 * meanwhile. Counting its next number from the last, and not from the queue's clock, gives it those wins afterwards
 * (MAX_LAG of them), and so the share of all processors that its tickets are of all tickets, if that is no more than one
 * processor. What may run on one processor only waits in that one's own queue. A processor takes the smaller of the first
 * numbers in its queue and in the shared one. Numbers in both count as on one line, on which each queue moves as fast as
 * it is served: those who may run here only get ahead here, as far as the others have got ahead elsewhere. Tasks bound to
 * some of the processors go to the queue of any of these, and an idle processor takes them from there.
 *
 * Compensation. A task that used the fraction f of a slice it won counts 1 / f times its tickets until it next wins,
 * whether it blocked or was interrupted, and also where the tick let it run for longer than a slice: so shares are right
 * by time, however long each win lasts. A task that used less also interrupts when it wakes up: a draw is held at once,
 * in which the task that was running takes part. sched_yield gives a slice away for good. A slice nobody else wanted costs
 * nothing and gives nothing back.
 *
 * Currencies. Tickets count within a cgroup; the group's worth, its cpu.weight, counts in its parent. A task's value
 * is its part of its group's active tickets, times the group's worth, and so on up. Who issues more tickets dilutes
 * those of its own group. Values are looked up when a number is taken, so a change acts from each task's next draw on.
 *
 * Transfers are left out: who waits would have to lend to whom it waits for, and that the kernel does not know. A futex's
 * owner is user space's secret (but for priority inheritance, which lends a class and no weight), a pipe has no owner, and a
 * wakeup's "sync" flag is a hint that costs nothing to give: two tasks that wake each other by it would double their
 * tickets.
 *
 * Chance. bpf_get_prandom_u32 is a Tausworthe generator for each processor (taus113 in lib/random32.c: period 2^113,
 * maximally equidistributed), a few nanoseconds a call; the paper's was Park and Miller's, with period 2^31. It is no
 * cipher, and who saw enough of its output could predict the rest, but nobody sees the numbers, only who runs.
 *
 * Nobody starves, although each draw may be lost: who has waited for rescue_after_ns runs next, as far as that leaves most
 * of the time to draws, and after MAX_WAIT_NS in any case. The kernel's threads go first, and where they need more than a
 * slice, wait for few draws however many tasks there are, and for about a second if the draws become slower meanwhile. So
 * do tasks that were interrupted while they read under RCU, where the whole kernel waits for them; these then run until
 * they have read it, within limits. None of them is interrupted by who wakes up, as others are.
 */
#include "nice_weights.h"
#include "scx.h"
#include "scx_lottery.h"

#define EVERYWHERE 0 /* index of the queue for tasks that may run on every processor */
#define QUEUE_OF(cpu) (1 + (cpu))

#define MAX_DEPTH 16 /* of groups; a task's value is not looked up further */
#define ODDS_BITS 58
#define ODDS_SPARE_BITS 6
#define MIN_COMPENSATION ((1 << COMPENSATION_BITS) / 16)
#define MAX_COMPENSATION (1024 << COMPENSATION_BITS)

/* How far a task's number may lie behind the clock, as exponential() counts: 8 of its draws */
#define MAX_LAG (8ULL << 58)

/*
 * How far a processor's own queue and the shared one may be apart: 256 draws among all in both. Where the one is due just
 * what that processor has, it loses what goes beyond.
 */
#define MAX_LEAD(stakes) ((16ULL << 58) / ((stakes) / 16 + 1))

/* Others wait for what the kernel's threads do, and hold, so that these lose no more draws in a row than about 32. */
#define MAX_KERNEL_WAIT (32ULL << 58)

/* To be set before loading. A slice ends with a tick, so 3 ms become 4 where 250 ticks make a second. */
const volatile u64 slice_ns = 3000000;
const volatile bool compensate = true;
const volatile bool preempt = true; /* whether who has compensation interrupts */
const volatile bool trace = false;  /* whether each win goes to the ring buffer draws */

/* A task that loses for so long runs next, as far as that leaves most of the time to draws. */
const volatile u64 rescue_after_ns = 5000000000;

/*
 * With many tasks slices shrink, to no less than MIN_SLICE_NS, so that a round of all of them takes no more than this:
 * a lottery has no rounds, and the unluckiest of 10,000 waits ten times the average.
 */
#define ROUND_NS 1000000000ULL
#define MIN_SLICE_NS 1000000ULL

/* The tick ends slices, and comes every 1 to 10 ms. Shorter ones are ended by a timer. */
#define TIMED_SLICE_NS 2500000ULL

#define WATCH_PERIOD_NS 50000000ULL
#define RESCUE_PERIOD_NS 1000000000ULL
#define MAX_PATIENCE_NS 10000000000ULL
#define MAX_WAIT_NS 15000000000ULL /* the kernel ends the scheduler after SCX_MAX_TIMEOUT_MS */
#define KERNEL_PATIENCE_NS 1000000000ULL
#define READER_TIME_NS 500000000ULL

struct exit_record exit_record;

enum placement {
	PLACE_ANYWHERE,
	PLACE_SOMEWHERE, /* not on all processors */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_TASKS);
	__type(key, u32);
	__type(value, struct task_record);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_GROUPS);
	__type(key, u64);
	__type(value, struct group_record);
} groups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 + MAX_CPUS);
	__type(key, u32);
	__type(value, struct queue);
} queues SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} draws SEC(".maps");

struct watch {
	struct bpf_timer timer;
	u64 next_rescue;
	u64 patience; /* for how long who is rescued must have waited */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct watch);
} watches SEC(".maps");

/* The slice for as many tasks as there are now */
static u64 slice;

/* Tasks in the processors' own queues that could run on some other processor as well */
static u64 movable;

static u32 processors;

ALWAYS_INLINE u64 current_time(void)
{
	return scx_bpf_now ? scx_bpf_now() : bpf_ktime_get_ns();
}

ALWAYS_INLINE struct task_record *record_of(struct task_struct *task)
{
	u32 pid = task->pid;

	return bpf_map_lookup_elem(&tasks, &pid);
}

ALWAYS_INLINE struct group_record *group_of(u64 id)
{
	return bpf_map_lookup_elem(&groups, &id);
}

ALWAYS_INLINE struct queue *queue_at(u32 index)
{
	return bpf_map_lookup_elem(&queues, &index);
}

/* --- the draw --- */

#define LN_2 199786072581291488ULL /* times 2^58 */

/*
 * An exponentially distributed number with mean 1, times 2^58: -ln(1 - U) of a uniform U. Every leading one of U's bits
 * is a half-life survived; what is left is below 1/2, where a polynomial (in U / 2^32, coefficients times 2^30) stays
 * within a factor of 1 + 2e-7 of -ln(1 - U) / U.
 *
 * Not static, so that the verifier follows it once, and not from each place where it is called.
 */
NO_INLINE u64 exponential(void)
{
	u32 uniform = bpf_get_prandom_u32();
	u64 sum = 0;

	for (u32 bit = 0; bit < 32 && (s32)uniform < 0; bit++) {
		sum += LN_2;
		uniform <<= 1;
	}

	s64 rest = uniform;
	s64 factor = 1244052340;

	factor = -1112438391 + (factor * rest >> 32);
	factor = 810233146 + (factor * rest >> 32);
	factor = 51924068 + (factor * rest >> 32);
	factor = 290422504 + (factor * rest >> 32);
	factor = 356489619 + (factor * rest >> 32);
	factor = 536905457 + (factor * rest >> 32);
	factor = 1073741689 + (factor * rest >> 32);
	return sum + ((u64)(rest * factor) >> 4);
}

ALWAYS_INLINE u64 draw(u64 stake)
{
	return exponential() / stake;
}

/* The queue's clock goes on to a number; never back. Returns how far it went. */
ALWAYS_INLINE u64 advance(struct queue *queue, u64 number)
{
	for (int attempt = 0; attempt < 8; attempt++) {
		u64 clock = queue->clock;

		if ((s64)(number - clock) <= 0)
			break;
		if (__sync_val_compare_and_swap(&queue->clock, clock, number) == clock)
			return number - clock;
	}
	return 0;
}

/* --- tickets and currencies --- */

/*
 * Enters in its parent what a group counts there now. Another processor may be at the same: whoever is last sees a count
 * that is right, or puts it right. Returns whether the parent got its first member by that, or lost its last.
 */
ALWAYS_INLINE bool recount_in(struct group_record *group, struct group_record *parent)
{
	struct bpf_iter_num attempts;
	bool turned = false;

	bpf_iter_num_new(&attempts, 0, 8);
	while (bpf_iter_num_next(&attempts)) {
		u64 due = group->members ? group->worth : 0;
		u64 counted = __sync_lock_test_and_set(&group->counted, due);

		if (counted == due)
			break;
		__sync_fetch_and_add(&parent->active, due - counted);
		if (!counted)
			turned |= __sync_fetch_and_add(&parent->members, 1) == 0;
		else if (!due)
			turned |= __sync_fetch_and_add(&parent->members, -1) == 1;
	}
	bpf_iter_num_destroy(&attempts);
	return turned;
}

/*
 * After a group got its first member, lost its last or changed its worth: what it counts in its parent, and so on up. With
 * iterators, which the verifier follows until nothing new comes, and not to the end: each program has this.
 */
NO_INLINE int recount_group(u64 id)
{
	struct bpf_iter_num levels;

	bpf_iter_num_new(&levels, 0, MAX_DEPTH);
	while (bpf_iter_num_next(&levels)) {
		struct group_record *group = group_of(id);

		if (!group)
			break;

		u64 above = group->parent;
		struct group_record *parent = group_of(above);

		if (!parent || !recount_in(group, parent))
			break;
		id = above;
	}
	bpf_iter_num_destroy(&levels);
	return 0;
}

ALWAYS_INLINE void count_tickets(struct task_record *record, u32 tickets)
{
	u32 counted = record->counted;

	if (counted == tickets)
		return;
	record->counted = tickets;

	struct group_record *group = group_of(record->cgroup_id);

	if (!group)
		return;
	__sync_fetch_and_add(&group->active, (u64)tickets - counted);
	if (!counted) {
		if (__sync_fetch_and_add(&group->members, 1) == 0)
			recount_group(record->cgroup_id);
	} else if (!tickets) {
		if (__sync_fetch_and_add(&group->members, -1) == 1)
			recount_group(record->cgroup_id);
	}
}

ALWAYS_INLINE u32 tickets_of(struct task_record *record)
{
	u32 tickets = record->user_tickets ?: record->nice_tickets;

	return tickets > MAX_TICKETS ? MAX_TICKETS : tickets;
}

/* What the task's tickets are worth, in the root group's: its part of its group's worth, and so on up. */
ALWAYS_INLINE u64 value_of(struct task_record *record)
{
	u64 value = (u64)record->tickets << VALUE_BITS;
	u64 id = record->cgroup_id;

	for (int level = 0; level < MAX_DEPTH; level++) {
		struct group_record *group = group_of(id);

		if (!group || !group->parent)
			break;

		u64 active = group->active;

		/* A sum in the middle of being changed must not make anyone rich. */
		if (active < value >> VALUE_BITS)
			active = value >> VALUE_BITS;
		value = value * group->worth / (active ?: 1);
		id = group->parent;
	}
	return value ?: 1;
}

/* What the task puts into its next draw. A number must not overflow: see exponential(). */
ALWAYS_INLINE u64 stake_of(struct task_record *record)
{
	u64 stake;

	record->tickets = tickets_of(record);
	if (record->counted)
		count_tickets(record, record->tickets);
	record->value = value_of(record);
	stake = record->value * record->compensation >> COMPENSATION_BITS;
	return stake < 4 ? 4 : stake;
}

/* --- time --- */

/* Books the time that a running task ran since the last booking. */
ALWAYS_INLINE void book_run_time(struct task_struct *task, struct task_record *record)
{
	u64 executed = task->se.sum_exec_runtime;
	u64 time = executed - record->executed;
	struct group_record *group = group_of(record->cgroup_id);

	record->executed = executed;
	record->run_time_ns += time;
	record->used += time;
	if (group)
		__sync_fetch_and_add(&group->run_time_ns, time);
}

/*
 * A slice is over. The shorter it was beside what it should have been, the more the task counts until its next win, and
 * the longer, the less: ticks end slices, and after an interruption the next is a part of a tick or more than one. If it
 * was won in a draw, that is, and the task did not give the rest away.
 */
ALWAYS_INLINE void end_slice(struct task_record *record)
{
	u64 used = record->used;
	u64 compensation = 1 << COMPENSATION_BITS;

	/* A task that did not run since keeps what it has. */
	if (!used)
		return;
	record->used = 0;
	if (!record->contested)
		return;
	if (compensate && !record->yielded) {
		compensation = (slice << COMPENSATION_BITS) / used;
		if (compensation < MIN_COMPENSATION)
			compensation = MIN_COMPENSATION;
		if (compensation > MAX_COMPENSATION)
			compensation = MAX_COMPENSATION;
	}
	record->compensation = compensation;
}

/*
 * Whether it has some time without a draw, and has not used it up. Who is rescued has one slice, as long as all have now, and
 * goes on only if interrupted in its first half: there can be hundreds in line, and nobody draws until these have run.
 */
ALWAYS_INLINE bool goes_on(struct task_struct *task, struct task_record *record)
{
	u64 time = slice_ns;

	if (record->rescued)
		time = is_reader(task) ? READER_TIME_NS : slice / 2;
	return !record->numbered && record->used < time && (record->rescued || is_kernel_thread(task));
}

ALWAYS_INLINE void change_state(struct task_record *record, u32 state)
{
	u64 now = current_time();

	if (record->state == TASK_WAITS) {
		u64 waited = now - record->last_change_ns;

		record->wait_time_ns += waited;
		if (waited > record->longest_wait_ns)
			record->longest_wait_ns = waited;
	}
	record->state = state;
	record->last_change_ns = now;
}

/* --- queues --- */

ALWAYS_INLINE void settle(struct task_record *record, struct queue *queue)
{
	u64 odds = queue->odds;
	u64 draws = queue->draws;

	/* In a game of two queues odds can fall. Without the last bits, so that the product is in range for 2,000 draws won. */
	s64 change = (s64)(odds - record->odds) >> ODDS_SPARE_BITS;

	record->expected += (s64)record->stake * change >> (ODDS_BITS - ODDS_SPARE_BITS - EXPECTED_BITS);
	if ((s64)record->expected < 0)
		record->expected = 0;
	record->due += (s64)record->value * change >> (ODDS_BITS - ODDS_SPARE_BITS - EXPECTED_BITS);
	if ((s64)record->due < 0)
		record->due = 0;
	record->entered += draws - record->draws;
	record->odds = odds;
	record->draws = draws;
}

ALWAYS_INLINE void leave_queue(struct task_record *record)
{
	if (!record->queue)
		return;

	struct queue *queue = queue_at(record->queue - 1);

	record->queue = 0;
	if (record->placement == PLACE_SOMEWHERE)
		__sync_fetch_and_add(&movable, -1);
	if (!queue)
		return;
	settle(record, queue);
	__sync_fetch_and_add(&queue->stakes, -record->stake);
}

/*
 * Gives the task its next number in a queue. It counts from the number that the task last won with, and not from the
 * clock, if it did not sleep since: while it ran, other processors drew, and it might have won with what it holds.
 */
ALWAYS_INLINE void take_number(struct task_struct *task, struct task_record *record, u32 index, struct queue *queue)
{
	bool stays = record->queue == 1 + index;

	if (stays)
		settle(record, queue);
	else
		leave_queue(record);

	u64 stake = stake_of(record);
	u64 clock = queue->clock;
	u64 base = clock;

	if (stays) {
		s64 lag = clock - record->number;

		if (lag > 0)
			base -= (u64)lag > MAX_LAG / stake ? MAX_LAG / stake : (u64)lag;
		__sync_fetch_and_add(&queue->stakes, stake - record->stake);
	} else {
		record->queue = 1 + index;
		record->odds = queue->odds;
		record->draws = queue->draws;
		__sync_fetch_and_add(&queue->stakes, stake);
		if (record->placement == PLACE_SOMEWHERE)
			__sync_fetch_and_add(&movable, 1);
	}
	record->rescued = false;
	record->stake = stake;
	record->number = base + draw(stake);
	if (is_kernel_thread(task) && (s64)(record->number - clock) > (s64)(MAX_KERNEL_WAIT / queue->stakes))
		record->number = clock + MAX_KERNEL_WAIT / queue->stakes;
	record->numbered = true;
}

enum first {
	FIRST_NOBODY,
	FIRST_WAITS,
	FIRST_RUNS, /* the task whose slice is over */
};

/* Who has the smallest number in a queue: one that waits there, or the task whose slice is over, if it plays there too. */
ALWAYS_INLINE enum first first_in(u32 index, struct task_record *running, u64 *number)
{
	enum first first = FIRST_NOBODY;
	struct task_struct *task;

	if (scx_bpf_dsq_peek) {
		task = scx_bpf_dsq_peek(index);
		if (task) {
			*number = task->scx.dsq_vtime;
			first = FIRST_WAITS;
		}
	} else {
		struct bpf_iter_scx_dsq iterator;

		bpf_iter_scx_dsq_new(&iterator, index, 0);
		task = bpf_iter_scx_dsq_next(&iterator);
		if (task) {
			*number = task->scx.dsq_vtime;
			first = FIRST_WAITS;
		}
		bpf_iter_scx_dsq_destroy(&iterator);
	}
	if (running && running->queue == 1 + index && (first == FIRST_NOBODY || (s64)(running->number - *number) <= 0)) {
		*number = running->number;
		first = FIRST_RUNS;
	}
	return first;
}

/*
 * How far a processor's own queue is ahead of the shared one. Those that have both to choose from are level when they
 * meet. From then on each goes as fast as it is served, which other processors do for the shared one as well; the slower
 * one's numbers are then the smaller ones, within limits.
 */
ALWAYS_INLINE u64 lead_of(struct queue *own, struct queue *shared)
{
	u64 difference = own->clock - shared->clock;
	s64 most = MAX_LEAD(own->stakes + shared->stakes);
	s64 lead = difference - own->ahead;

	if (!own->meets)
		own->ahead = difference;
	else if (lead > most)
		own->ahead = difference - most;
	else if (lead < -most)
		own->ahead = difference + most;
	own->meets = true;
	return own->ahead;
}

/* --- operations --- */

SEC("struct_ops/select_cpu")
s32 lottery_select_cpu(u64 *context)
{
	struct task_struct *task = (void *)context[0];
	bool idle = false;
	s32 cpu = scx_bpf_select_cpu_dfl(task, context[1], context[2], &idle);

	/* Who finds a processor idle need not draw. */
	if (idle) {
		struct task_record *record = record_of(task);

		if (record) {
			end_slice(record);
			record->fresh = true;
		}
		queue_insert(task, SCX_DSQ_LOCAL, slice, 0);
	}
	return cpu;
}

/* The queue for a task that may run on some processors, or on one: that processor's. cpu becomes an idle one, or -1. */
ALWAYS_INLINE u32 queue_for(struct task_struct *task, struct task_record *record, s32 *cpu)
{
	u32 index = QUEUE_OF(*cpu);
	s32 idle;

	if (task->nr_cpus_allowed == 1) {
		if (!scx_bpf_test_and_clear_cpu_idle(*cpu))
			*cpu = -1;
		return index;
	}

	idle = scx_bpf_pick_idle_cpu(task->cpus_ptr, 0);
	*cpu = idle;
	if (!record || record->placement == PLACE_ANYWHERE)
		return EVERYWHERE;
	if (idle >= 0)
		return QUEUE_OF(idle);

	const struct cpumask *online = scx_bpf_get_online_cpumask();
	u32 some = bpf_cpumask_any_and_distribute(task->cpus_ptr, online);

	scx_bpf_put_cpumask(online);
	return some < processors ? QUEUE_OF(some) : index;
}

ALWAYS_INLINE bool is_guarded(u32 cpu)
{
	struct queue *own = queue_at(QUEUE_OF(cpu));

	return own && own->guarded;
}

SEC("struct_ops/enqueue")
void lottery_enqueue(u64 *context)
{
	struct task_struct *task = (void *)context[0];
	u64 flags = context[1];
	bool wakes = flags & ENUM_VALUE(scx_enq_flags, SCX_ENQ_WAKEUP);
	struct task_record *record = record_of(task);
	s32 cpu = scx_bpf_task_cpu(task);
	s32 idle = cpu;

	/* The kernel's threads go first for a slice's time; when that was not enough, they draw, and soon win. */
	if ((wakes && is_kernel_thread(task)) || (!wakes && record && goes_on(task, record))) {
		if (wakes)
			flags |= ENUM_VALUE(scx_enq_flags, SCX_ENQ_PREEMPT);
		if (record && wakes)
			record->fresh = true;
		queue_insert(task, SCX_DSQ_LOCAL, slice, flags);
		return;
	}

	u32 index = queue_for(task, record, &idle);
	struct queue *queue = queue_at(index);

	if (!queue)
		return;
	if (!record) {
		queue_insert_ordered(task, index, slice, queue->clock + draw((u64)DEFAULT_TICKETS << VALUE_BITS), flags);
	} else {
		/* One that has just lost in lottery_dispatch has its number. */
		if (!record->numbered || record->queue != 1 + index) {
			end_slice(record);
			take_number(task, record, index, queue);
		}
		record->numbered = false;
		record->fresh = true;
		record->yielded = false;
		queue_insert_ordered(task, index, slice, record->number, flags);
	}

	if (idle >= 0)
		scx_bpf_kick_cpu(idle, ENUM_VALUE(scx_kick_flags, SCX_KICK_IDLE));
	else if (preempt && wakes && record && record->compensation > 1 << COMPENSATION_BITS && !is_guarded(cpu))
		scx_bpf_kick_cpu(cpu, ENUM_VALUE(scx_kick_flags, SCX_KICK_PREEMPT));
}

/* Takes a task that may run here from another processor's queue. */
static NO_INLINE bool steal(u32 thief)
{
	struct bpf_iter_num cpus;
	bool found = false;
	s32 *cpu;

	bpf_iter_num_new(&cpus, 0, processors);
	while (!found && (cpu = bpf_iter_num_next(&cpus))) {
		u32 victim = *cpu;

		if (victim != thief && scx_bpf_dsq_nr_queued(QUEUE_OF(victim)) > 0)
			found = queue_move_first_here(QUEUE_OF(victim));
	}
	bpf_iter_num_destroy(&cpus);
	return found;
}

/* A slice begins, won in a draw among so many stakes or, if there are none, without one. */
ALWAYS_INLINE void win(struct task_struct *task, struct task_record *record, struct queue *queue, struct queue *own, u64 stakes)
{
	record->used = 0;
	record->contested = stakes != 0;
	own->started = current_time();
	if (stakes)
		record->won++;
	else
		record->unopposed++;
	if (trace && stakes) {
		struct draw_event event = {
			.time_ns = own->started,
			.pid = task->pid,
			.cpu = scx_bpf_task_cpu(task),
			.stake = record->stake,
			.stakes = stakes,
		};

		bpf_ringbuf_output(&draws, &event, sizeof(event), 0);
	}
	if (queue)
		advance(queue, record->number);
}

/* Lets the first in a queue run here. False: another processor was faster. */
ALWAYS_INLINE bool run_first(enum first first, u32 index, struct queue *queue, struct queue *own, struct task_struct *previous,
	struct task_record *record)
{
	if (first != FIRST_RUNS || !record)
		return first == FIRST_WAITS && queue_move_first_here(index);
	record->numbered = false;
	win(previous, record, queue, own, own->contested);
	set_slice(previous, slice);
	return true;
}

/*
 * What a processor's own tasks should have won together in a draw with the shared queue is by how much their clock went
 * on, times their stakes: numbers that fall on a line at that rate are passed so often. The rest is the shared queue's.
 */
ALWAYS_INLINE void count_joint_draw(struct queue *own, struct queue *shared, u64 progress)
{
	u64 own_stakes = own->stakes ?: 1;
	u64 most = (16ULL << ODDS_BITS) / own_stakes;
	s64 rest = (1LL << ODDS_BITS) - (s64)((progress < most ? progress : most) * own_stakes);
	u64 odds = (rest < 0 ? -rest : rest) / (shared->stakes ?: 1);

	own->odds += progress;
	own->draws++;
	__sync_fetch_and_add(&shared->odds, rest < 0 ? -odds : odds);
	__sync_fetch_and_add(&shared->draws, 1);
}

SEC("struct_ops/dispatch")
void lottery_dispatch(u64 *context)
{
	u32 cpu = context[0];
	struct task_struct *previous = (void *)context[1];
	u32 own_index = QUEUE_OF(cpu);
	struct queue *shared = queue_at(EVERYWHERE);
	struct queue *own = queue_at(own_index);
	struct task_record *record = NULL;
	bool stays = previous && is_runnable(previous);

	if (!shared || !own)
		return;

	/* The task whose slice is over takes part, unless it yields. It is in no queue of the kernel's yet. */
	if (stays) {
		record = record_of(previous);
		if (record) {
			book_run_time(previous, record);
			if (record->yielded) {
				record = NULL;
			} else if (goes_on(previous, record)) {
				set_slice(previous, slice);
				return;
			} else {
				bool here = previous->nr_cpus_allowed == 1 || record->placement == PLACE_SOMEWHERE;

				end_slice(record);
				if (here)
					take_number(previous, record, own_index, own);
				else
					take_number(previous, record, EVERYWHERE, shared);
			}
		}
	}

	u32 in_shared = scx_bpf_dsq_nr_queued(EVERYWHERE) + (record && record->queue == 1 + EVERYWHERE);
	u32 in_own = scx_bpf_dsq_nr_queued(own_index) + (record && record->queue == 1 + own_index);
	u64 shared_number = 0;
	u64 own_number = 0;
	enum first first_shared = in_shared ? first_in(EVERYWHERE, record, &shared_number) : FIRST_NOBODY;
	enum first first_own = in_own ? first_in(own_index, record, &own_number) : FIRST_NOBODY;
	bool own_first = first_own != FIRST_NOBODY;

	own->contested = 0;
	if (!own->stakes || !shared->stakes)
		own->meets = false;
	if (first_shared != FIRST_NOBODY && first_own != FIRST_NOBODY) {
		u64 ahead = lead_of(own, shared);
		u64 number;

		/* One game: the smaller number wins, and that the others' are greater is then known of both queues. */
		own_first = (s64)(own_number - ahead - shared_number) <= 0;
		number = own_first ? own_number - ahead : shared_number;
		own->contested = own->stakes + shared->stakes;
		count_joint_draw(own, shared, advance(own, number + ahead));
		advance(shared, number);
	} else if (in_own > 1) {
		own->contested = own->stakes;
		own->odds += (1ULL << ODDS_BITS) / (own->stakes ?: 1);
		own->draws++;
	} else if (in_shared > 1) {
		/* Other processors count in this one as well. */
		own->contested = shared->stakes;
		__sync_fetch_and_add(&shared->odds, (1ULL << ODDS_BITS) / (shared->stakes ?: 1));
		__sync_fetch_and_add(&shared->draws, 1);
	}

	if (own_first && run_first(first_own, own_index, own, own, previous, record))
		return;
	if (run_first(first_shared, EVERYWHERE, shared, own, previous, record))
		return;
	if (!own_first && run_first(first_own, own_index, own, own, previous, record))
		return;

	/* Nobody else can run here after all. */
	if (stays) {
		if (record) {
			record->numbered = false;
			win(previous, record, NULL, own, 0);
		}
		set_slice(previous, slice);
	} else if (movable) {
		steal(cpu);
	}
}

SEC("struct_ops/runnable")
void lottery_runnable(u64 *context)
{
	struct task_record *record = record_of((void *)context[0]);

	if (!record)
		return;
	record->tickets = tickets_of(record);
	count_tickets(record, record->tickets);
	change_state(record, TASK_WAITS);
}

SEC("struct_ops/running")
void lottery_running(u64 *context)
{
	struct task_struct *task = (void *)context[0];
	struct task_record *record = record_of(task);
	struct queue *own = queue_at(QUEUE_OF((u32)scx_bpf_task_cpu(task)));

	if (!record || !own)
		return;
	record->executed = task->se.sum_exec_runtime;
	own->guarded = record->rescued || is_kernel_thread(task);
	if (record->fresh) {
		record->fresh = false;
		if (record->queue) {
			win(task, record, queue_at(record->queue - 1), own, own->contested);
			own->contested = 0;
		} else {
			/* Before whom the draw chose, perhaps. */
			win(task, record, NULL, own, 0);
		}
	}
	change_state(record, TASK_RUNS);
}

SEC("struct_ops/stopping")
void lottery_stopping(u64 *context)
{
	struct task_struct *task = (void *)context[0];
	struct task_record *record = record_of(task);

	if (!record)
		return;
	book_run_time(task, record);
	bpf_probe_read_kernel_str(record->comm, sizeof(record->comm), task->comm);
	change_state(record, TASK_WAITS);
}

SEC("struct_ops/quiescent")
void lottery_quiescent(u64 *context)
{
	struct task_record *record = record_of((void *)context[0]);

	if (!record)
		return;
	record->rescued = false;
	leave_queue(record);
	count_tickets(record, 0);
	change_state(record, TASK_SLEEPS);
}

SEC("struct_ops/yield")
bool lottery_yield(u64 *context)
{
	struct task_struct *from = (void *)context[0];
	struct task_struct *to = (void *)context[1];
	struct task_record *record = record_of(from);

	/* yield_to (KVM): there is no telling the lottery who is to win. */
	if (to)
		return false;
	/* What a task gives away it is not compensated for. */
	if (record)
		record->yielded = true;
	set_slice(from, 0);
	return false;
}

ALWAYS_INLINE u32 tickets_of_nice(struct task_struct *task)
{
	return task->policy == SCHED_IDLE ? IDLE_POLICY_WEIGHT : weight_of_priority(task->static_prio);
}

ALWAYS_INLINE u32 placement_of(struct task_struct *task, const struct cpumask *allowed)
{
	const struct cpumask *online;
	bool everywhere;

	online = scx_bpf_get_online_cpumask();
	everywhere = bpf_cpumask_subset(online, allowed);
	scx_bpf_put_cpumask(online);
	return everywhere ? PLACE_ANYWHERE : PLACE_SOMEWHERE;
}

SEC("struct_ops/set_weight")
void lottery_set_weight(u64 *context)
{
	struct task_struct *task = (void *)context[0];
	struct task_record *record = record_of(task);

	if (record)
		record->nice_tickets = tickets_of_nice(task);
}

SEC("struct_ops/set_cpumask")
void lottery_set_cpumask(u64 *context)
{
	struct task_struct *task = (void *)context[0];
	struct task_record *record = record_of(task);

	if (!record)
		return;
	record->rescued = false;
	leave_queue(record);
	record->placement = placement_of(task, (void *)context[1]);
}

SEC("struct_ops/enable")
void lottery_enable(u64 *context)
{
	struct task_struct *task = (void *)context[0];
	struct task_record *record = record_of(task);

	if (!record)
		return;
	record->nice_tickets = tickets_of_nice(task);
	record->placement = placement_of(task, task->cpus_ptr);
	record->executed = task->se.sum_exec_runtime;
}

SEC("struct_ops/disable")
void lottery_disable(u64 *context)
{
	struct task_record *record = record_of((void *)context[0]);

	if (!record)
		return;
	leave_queue(record);
	count_tickets(record, 0);
	change_state(record, TASK_SLEEPS);
}

SEC("struct_ops.s/init_task")
s32 lottery_init_task(u64 *context)
{
	struct task_struct *task = (void *)context[0];
	struct scx_init_task_args *arguments = (void *)context[1];
	u32 pid = task->pid;
	struct task_record record = {
		.task = (u64)task,
		.compensation = 1 << COMPENSATION_BITS,
		.tgid = task->tgid,
	};

	if (FIELD_EXISTS(arguments->cgroup))
		record.cgroup_id = arguments->cgroup->kn->id;
	record.nice_tickets = record.tickets = tickets_of_nice(task);
	bpf_probe_read_kernel_str(record.comm, sizeof(record.comm), task->comm);
	bpf_map_update_elem(&tasks, &pid, &record, BPF_ANY);
	return 0;
}

SEC("struct_ops/exit_task")
void lottery_exit_task(u64 *context)
{
	struct task_struct *task = (void *)context[0];
	struct scx_exit_task_args *arguments = (void *)context[1];
	struct task_record *record = record_of(task);
	u32 pid = task->pid;

	/* By now its id may be another's. */
	if (!record || record->task != (u64)task)
		return;
	leave_queue(record);
	count_tickets(record, 0);

	/* A task that lives on leaves since the scheduler does, and user space shall see what it had. */
	if (task->flags & PF_EXITING || arguments->cancelled)
		bpf_map_delete_elem(&tasks, &pid);
}

ALWAYS_INLINE u64 worth_of(u32 weight)
{
	return ((u64)weight * DEFAULT_TICKETS + 50) / 100 ?: 1;
}

SEC("struct_ops.s/cgroup_init")
s32 lottery_cgroup_init(u64 *context)
{
	struct cgroup *cgroup = (void *)context[0];
	struct scx_cgroup_init_args *arguments = (void *)context[1];
	struct cgroup_subsys_state *parent = cgroup->self.parent;
	u64 id = cgroup->kn->id;
	struct group_record group = {
		.worth = worth_of(arguments->weight),
	};

	if (parent)
		group.parent = parent->cgroup->kn->id;
	bpf_map_update_elem(&groups, &id, &group, BPF_ANY);
	return 0;
}

SEC("struct_ops.s/cgroup_exit")
void lottery_cgroup_exit(u64 *context)
{
	struct cgroup *cgroup = (void *)context[0];
	u64 id = cgroup->kn->id;

	bpf_map_delete_elem(&groups, &id);
}

SEC("struct_ops/cgroup_move")
void lottery_cgroup_move(u64 *context)
{
	struct task_record *record = record_of((void *)context[0]);
	struct cgroup *to = (void *)context[2];

	if (!record)
		return;

	u32 counted = record->counted;

	count_tickets(record, 0);
	record->cgroup_id = to->kn->id;
	count_tickets(record, counted);
}

SEC("struct_ops/cgroup_set_weight")
void lottery_cgroup_set_weight(u64 *context)
{
	struct cgroup *cgroup = (void *)context[0];
	u64 id = cgroup->kn->id;
	struct group_record *group = group_of(id);

	if (!group)
		return;
	group->worth = worth_of(context[1]);
	recount_group(id);
}

/* --- the watch --- */

/*
 * Moves those that have waited too long in a queue to the processor they were on: first those that have longest to go, and
 * one for every four draws since the last time, so that draws still decide most of the time. Who has waited for
 * MAX_WAIT_NS is moved in any case, and so are the kernel's threads and readers, which are few and hold what everybody
 * waits for. Returns whether some were left for the next time.
 */
static NO_INLINE bool rescue(u32 index, u64 now, u64 patience)
{
	struct bpf_iter_scx_dsq iterator;
	struct queue *queue = queue_at(index);
	struct task_struct *task;
	bool too_many = false;
	u64 left;

	if (!queue)
		return false;
	left = (queue->draws - queue->draws_at_rescue) / 4;
	queue->draws_at_rescue = queue->draws;

	bpf_rcu_read_lock();
	bpf_iter_scx_dsq_new(&iterator, index, ENUM_VALUE(scx_dsq_iter_flags, SCX_DSQ_ITER_REV));
	while ((task = bpf_iter_scx_dsq_next(&iterator))) {
		struct task_record *record = record_of(task);

		if (!record || record->state != TASK_WAITS)
			continue;

		s64 waited = now - record->last_change_ns;
		bool must = waited >= (s64)(is_kernel_thread(task) || is_reader(task) ? KERNEL_PATIENCE_NS : MAX_WAIT_NS);

		if (!must && waited < (s64)patience)
			continue;
		if (!must && !left) {
			too_many = true;
			continue;
		}

		u64 number = record->number;

		/* It shall not drag the clock forward. */
		record->number = queue->clock;
		record->rescued = true;
		if (queue_move(&iterator, task, SCX_DSQ_LOCAL_ON | scx_bpf_task_cpu(task), 0)) {
			queue->rescued++;
			if (!must)
				left--;
		} else {
			record->rescued = false;
			record->number = number;
		}
	}
	bpf_iter_scx_dsq_destroy(&iterator);
	bpf_rcu_read_unlock();
	return too_many;
}

static int watch(void *map, u32 *key, struct watch *watch)
{
	u64 now = current_time();
	u64 waiting = scx_bpf_dsq_nr_queued(EVERYWHERE);
	u64 period = WATCH_PERIOD_NS;
	bool rescues = (s64)(now - watch->next_rescue) >= 0;
	bool too_many = false;
	s64 soonest = slice; /* until the next end of a slice */
	struct bpf_iter_num cpus;
	s32 *cpu;

	if (exit_record.kind)
		return 0;

	if (rescues)
		too_many = rescue(EVERYWHERE, now, watch->patience);
	bpf_iter_num_new(&cpus, 0, processors);
	while ((cpu = bpf_iter_num_next(&cpus))) {
		u32 index = QUEUE_OF(*cpu);
		struct queue *own = queue_at(index);
		u32 in_own = scx_bpf_dsq_nr_queued(index);

		waiting += in_own;
		if (rescues)
			too_many |= rescue(index, now, watch->patience);
		if (!waiting || slice >= TIMED_SLICE_NS || !own)
			continue;

		s64 rest = own->started + slice - now;

		if (rest <= 0)
			scx_bpf_kick_cpu(*cpu, ENUM_VALUE(scx_kick_flags, SCX_KICK_PREEMPT));
		else if (rest < soonest)
			soonest = rest;
	}
	bpf_iter_num_destroy(&cpus);

	if (rescues) {
		watch->next_rescue = now + RESCUE_PERIOD_NS;
		if (too_many && watch->patience < MAX_PATIENCE_NS)
			watch->patience += watch->patience / 4;
		else if (!too_many && watch->patience > rescue_after_ns)
			watch->patience -= watch->patience / 8;
	}

	slice = slice_ns;
	if (slice * waiting > ROUND_NS * processors)
		slice = ROUND_NS * processors / waiting;
	if (slice < MIN_SLICE_NS)
		slice = MIN_SLICE_NS;
	if (waiting && slice < TIMED_SLICE_NS)
		period = soonest < (s64)slice / 8 ? slice / 8 : soonest;
	bpf_timer_start(&watch->timer, period, 0);
	return 0;
}

SEC("struct_ops.s/init")
s32 lottery_init(u64 *context)
{
	struct bpf_iter_num cpus;
	struct watch *first;
	s32 error = scx_bpf_create_dsq(EVERYWHERE, -1);
	u32 key = 0;
	s32 *cpu;

	slice = slice_ns;
	processors = scx_bpf_nr_cpu_ids();
	if (processors > MAX_CPUS)
		return -7; /* E2BIG */
	bpf_iter_num_new(&cpus, 0, processors);
	while (!error && (cpu = bpf_iter_num_next(&cpus)))
		error = scx_bpf_create_dsq(QUEUE_OF(*cpu), -1);
	bpf_iter_num_destroy(&cpus);
	if (error)
		return error;

	first = bpf_map_lookup_elem(&watches, &key);
	if (!first)
		return -22; /* EINVAL */
	first->patience = rescue_after_ns;
	bpf_timer_init(&first->timer, &watches, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&first->timer, watch);
	return bpf_timer_start(&first->timer, WATCH_PERIOD_NS, 0);
}

SEC("struct_ops/exit")
void lottery_exit(u64 *context)
{
	record_exit(&exit_record, (void *)context[0]);
}

SEC(".struct_ops.link")
struct sched_ext_ops lottery = {
	.select_cpu = (void *)lottery_select_cpu,
	.enqueue = (void *)lottery_enqueue,
	.dispatch = (void *)lottery_dispatch,
	.runnable = (void *)lottery_runnable,
	.running = (void *)lottery_running,
	.stopping = (void *)lottery_stopping,
	.quiescent = (void *)lottery_quiescent,
	.yield = (void *)lottery_yield,
	.set_weight = (void *)lottery_set_weight,
	.set_cpumask = (void *)lottery_set_cpumask,
	.init_task = (void *)lottery_init_task,
	.exit_task = (void *)lottery_exit_task,
	.enable = (void *)lottery_enable,
	.disable = (void *)lottery_disable,
	.cgroup_init = (void *)lottery_cgroup_init,
	.cgroup_exit = (void *)lottery_cgroup_exit,
	.cgroup_move = (void *)lottery_cgroup_move,
	.cgroup_set_weight = (void *)lottery_cgroup_set_weight,
	.init = (void *)lottery_init,
	.exit = (void *)lottery_exit,
	.flags = SCX_OPS_ENQ_EXITING,
	.timeout_ms = SCX_MAX_TIMEOUT_MS,
	.name = "lottery",
};

/* Gives a task its tickets; user space must not write whole records. They count from its next draw on. */
SEC("syscall")
int set_tickets(struct set_tickets_arguments *arguments)
{
	u32 pid = arguments->pid;
	u64 tickets = arguments->tickets;
	struct task_record *record = bpf_map_lookup_elem(&tasks, &pid);

	if (!record)
		return 1;
	record->user_tickets = tickets > MAX_TICKETS ? MAX_TICKETS : tickets;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
