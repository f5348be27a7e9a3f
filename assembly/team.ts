import { lastSkipped } from "./accumulate";
import { execute } from "./execute";
import { get } from "./fields";
import { nap, TIMED_OUT } from "./nap";
import { Led, Op, PLACE, RECORD_WORDS, SHARED, State, Team } from "./records";

// A team of threads carries out one list of records. The first thread leads: it posts a job, waits until every thread
// is there, and only then does anybody write, so that a thread that died before costs nothing but the team. Between records all
// meet at a barrier.
//
// A thread that waits spins first. Sleeping at every barrier costs twenty times as much, and once one thread has slept it wakes
// late, which makes the others sleep. The spin ends in sleep all the same: else, where there are more threads than
// processors, waiting threads would keep the others from working.

// @ts-ignore: decorator
@inline
function at(team: usize, index: i32): usize {
  return team + (<usize>index << 2);
}

// @ts-ignore: decorator
@inline
function field(team: usize, index: i32): i32 {
  return load<i32>(at(team, index));
}

/** Milliseconds that a thread sleeps before it looks how long it has. */
const NAP = 4;
/** Milliseconds that the first thread waits at a job's first barrier: twenty times as long as it took with 60 threads on two processors. */
const FIRST = 2000;

/**
 * Waits until a word is no longer `value`, so many turns awake and then asleep, `patience` milliseconds at most (−1: for ever); the word.
 * Only naps that nobody ended count: they are the clock.
 */
function waitWhile(address: usize, value: i32, turns: i32, patience: i32, sleepers: usize): i32 {
  for (; turns > 0; turns--) {
    const now = atomic.load<i32>(address);
    if (now != value) return now;
  }
  if (sleepers) atomic.add<i32>(sleepers, 1);
  while (atomic.load<i32>(address) == value && patience != 0) {
    const end = nap(address, value, patience < 0 ? -1 : NAP * 1000000);
    if (patience > 0 && end == TIMED_OUT) patience = max(0, patience - NAP);
  }
  if (sleepers) atomic.sub<i32>(sleepers, 1);
  return atomic.load<i32>(address);
}

/** Waits for all threads. False where they don't come: the leader waits as long as the limit says, others for ever. */
function meet(team: usize, thread: i32, size: i32, limit: i32 = field(team, Team.limit)): bool {
  const barrier = at(team, Team.barrier), sleepers = at(team, Team.sleepers);
  const number = atomic.load<i32>(barrier);
  if (atomic.add<i32>(at(team, Team.arrived), 1) == size - 1) {
    atomic.store<i32>(at(team, Team.arrived), 0);
    store<i32>(at(team, Team.halt), <i32>get(<usize>field(team, Team.state), State.stop));
    atomic.store<i32>(barrier, number + 1);
    if (atomic.load<i32>(sleepers) != 0) atomic.notify(barrier, -1);
    return true;
  }
  if (waitWhile(barrier, number, field(team, Team.spin), thread == 0 ? limit : -1, sleepers) != number) return true;
  // Takes itself back, so that those who come later wait for it for ever: unless the last one is just coming.
  const arrived = at(team, Team.arrived);
  while (atomic.load<i32>(barrier) == number) {
    const count = atomic.load<i32>(arrived);
    if (count > 0 && count < size && atomic.cmpxchg<i32>(arrived, count, count - 1) == count) return false;
  }
  return true;
}

/** One thread's part of the job; the rounds that were finished, or Led.lost. */
function work(team: usize, thread: i32, size: i32): i32 {
  const state = <usize>field(team, Team.state), records = <usize>field(team, Team.records), repeats = field(team, Team.repeats);
  const end = records + (<usize>field(team, Team.count) * RECORD_WORDS << 2);
  let done = repeats, halted = false, wasShared = false;
  // A thread that was told to end sees that on its way to this barrier, if not before: still nothing is written.
  if (!meet(team, thread, size, FIRST)) return Led.gone;
  for (let round = 0; round < repeats; round++) {
    for (let r = records; r < end; r += RECORD_WORDS << 2) {
      // What is left out all decide alike: nobody writes between the meetings before and after it.
      const isShared = load<i32>(r, SHARED << 2) != 0 || load<i32>(r) == Op.SkipUnlessDue;
      if (isShared || wasShared) {
        if (!meet(team, thread, size)) return Led.lost;
        // A round that may not go on ends at the next barrier, for all alike.
        if (field(team, Team.halt) != 0) return meet(team, thread, size) ? min(done, round) : Led.lost;
      }
      wasShared = isShared;
      if (isShared) execute(r, state, thread, size);
      else if (thread == 0 && !halted && !execute(r, state, 0, 1)) {
        halted = true;
        done = round;
      }
      r = lastSkipped(r, state);
    }
  }
  return meet(team, thread, size) ? done : Led.lost;
}

/** The first thread: the job that the block describes, alone or together with the others. The rounds that were finished, or why none. */
export function lead(team: usize): i32 {
  const rounds = leadJob(team);
  atomic.store<i32>(at(team, Team.pending), 0);
  return rounds;
}

function leadJob(team: usize): i32 {
  const size = field(team, Team.size), job = field(team, Team.job) + 1;
  if (size == 1) return work(team, 0, 1);
  atomic.store<i32>(at(team, Team.job), job);
  atomic.notify(at(team, Team.job), -1);
  let patience = field(team, Team.patience);
  for (let thread = 1; thread < size; thread++) {
    const place = at(team, Team.places + thread * PLACE);
    for (let now = atomic.load<i32>(place); now != job; patience -= NAP) {
      if (patience <= 0) {
        atomic.store<i32>(at(team, Team.start), -job);
        atomic.notify(at(team, Team.start), -1);
        return Led.absent;
      }
      now = waitWhile(place, now, field(team, Team.spin), NAP, 0);
    }
  }
  atomic.store<i32>(at(team, Team.start), job);
  atomic.notify(at(team, Team.start), -1);
  return work(team, 0, size);
}

/** Another thread, which has seen job `seen`: waits for the next and does its part. The job's number, −1 when it may go home. */
export function serve(team: usize, thread: i32, seen: i32): i32 {
  const place = at(team, Team.places + thread * PLACE), start = at(team, Team.start);
  atomic.store<i32>(place, seen);
  const job = waitWhile(at(team, Team.job), seen, seen ? field(team, Team.awake) : 0, -1, 0);
  const size = field(team, Team.size);
  if (size == 0) return -1;
  atomic.store<i32>(place, job);
  atomic.notify(place, -1);
  let now = atomic.load<i32>(start);
  while (abs(now) < job) now = waitWhile(start, now, field(team, Team.spin), -1, 0);
  if (now == job && thread < size) work(team, thread, size);
  return job;
}
