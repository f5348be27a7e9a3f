// How threads work together. See ../team.ts.

/**
 * The block through which a team of threads works together: 32-bit words at these indices. Those that several threads write have a
 * cache line of their own.
 */
export enum Team {
  /** The number of the last job; a new one wakes the threads. Then the job itself, written before. */
  job = 0,
  /** How many threads carry it out, the first of them included. 0 sends all home. */
  size = 1,
  state = 2,
  records = 3,
  count = 4,
  repeats = 5,
  /** Turns of an empty loop that a thread waits at a barrier before it sleeps, and after a job before it does. */
  spin = 6,
  awake = 7,
  /** Milliseconds until the first thread gives the others up: when a job begins, and at a barrier. */
  patience = 8,
  limit = 9,
  /** 1 while a job is posted or being done, for a thread that doesn't take part. */
  pending = 10,
  /** The job's number when all are there, its negative if the first thread didn't wait for the others. */
  start = 16,
  /** Threads at the barrier. */
  arrived = 32,
  /** The number of the barrier. */
  barrier = 48,
  /** The state's `stop` when the last thread came to the barrier: all act on this one. */
  halt = 49,
  /** Threads that sleep at the barrier. */
  sleepers = 64,
  /** From here on, a cache line a thread: the job that it is at, −1 before it is there at all. */
  places = 80,
}

/** Words of a place. */
export const PLACE = 16;

/** What `lead` gives instead of a number of rounds. */
export enum Led {
  /** Not all threads came: nothing was done. */
  absent = -1,
  /** A thread got lost in the middle of the job. */
  lost = -2,
  /** A thread came, and got lost before anything was done. */
  gone = -3,
}
