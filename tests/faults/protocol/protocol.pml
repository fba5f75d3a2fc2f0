/* The protocol of a repository: create, delete, undelete, gc and reading, for spin. docs/model.md explains it.
 *
 * Every `atomic` that touches something shared is one system call, so all interleavings of system calls are tried.
 * A directory is listed entry by entry: what comes or goes meanwhile may be seen or not. MAY_DIE stands before every
 * call that changes something: kill -9 there, KILLS times in all.
 *
 * Objects: X = 0, Y = 1; X is there from the start. Snapshots: 0 = {X, Y} by writer 0; 1 = {X} by writer 1;
 * 2 = {X}, old. One of them (TARGET) is deleted and undeleted.
 */

#include "switches.pml"

#define INTACT 2
#define DAMAGED 1
#define EXPIRED 2
#define YOUNG 1
#define NEEDS_Y(s) ((s) == 0)
#if RUNS
#define RUN_COUNT GCS
#else
#define RUN_COUNT 1
#endif
#define AWAY(r, o) quarantine[(r) * 2 + (o)]
#if GCS > 1 && RUNS
#define ANYWHERE(o) (objects[o] == INTACT || AWAY(0, o) == INTACT || AWAY(1, o) == INTACT)
#define NOWHERE_AWAY (!AWAY(0, 0) && !AWAY(0, 1) && !AWAY(1, 0) && !AWAY(1, 1))
#else
#define ANYWHERE(o) (objects[o] == INTACT || AWAY(0, o) == INTACT)
#define NOWHERE_AWAY (!AWAY(0, 0) && !AWAY(0, 1))
#endif
#define INCOMPLETE(s) (refs[s] && !(ANYWHERE(0) && (!NEEDS_Y(s) || ANYWHERE(1))))
#define CHECK(n) (ONLY == 0 || ONLY == n)
#define MAY_DIE if :: true :: kills > 0 -> kills--; goto dead fi

/* The disk: none, DAMAGED or INTACT; deletion marks and claims: none, YOUNG or EXPIRED. */
byte objects[2];
byte quarantine[RUN_COUNT * 2];
bit refs[3], pins[2];
byte mark, claim;
bit gc_lock;
/* Not on the disk: what was promised to whom, and who is still at work. */
bit acked[3], deleted, lapsed, undeleting, undeleted;
byte kills = KILLS;
byte alive;

/* -- what must be true; P4 is in the reader, P3 at the end of the last gc, the others hold at every instant */

#define BROKEN_1 (INCOMPLETE(0) || INCOMPLETE(1) || INCOMPLETE(2))
#define BROKEN_2 ((acked[0] && !refs[0] && !(TARGET == 0 && lapsed)) || (acked[1] && !refs[1]) || \
                  (acked[2] && !refs[2] && !(TARGET == 2 && lapsed)))
/* Nothing is away or claimed, and what nobody needs is gone; only what is damaged may stay, for somebody to look at. */
#define BROKEN_3 (BROKEN_1 || !NOWHERE_AWAY || claim || (objects[1] == INTACT && !refs[0]) || \
                  (objects[0] == INTACT && !refs[0] && !refs[1] && !refs[2]))
#define BROKEN_5 (undeleted && (!refs[TARGET] || mark || claim))
#define BROKEN_6 (deleted && refs[TARGET] && !mark && !claim)

bit P1_complete = 1, P2_kept = 1, P3_at_rest = 1, P4_found = 1, P5_undeleted_stays = 1, P6_deleted_stays_so = 1;

/* -- create: LocalStore._publish */

proctype writer(bit w) {
  byte o;
again:
#if PIN_FIRST
  atomic { MAY_DIE; pins[w] = 1 };                                  /* _pinned */
#endif
next:
  if                                                                /* _put_parts: look, and put what is not there */
  :: atomic { o < 2 && ((o == 1 && !NEEDS_Y(w)) || objects[o] == INTACT) -> o++; goto next }
  :: atomic { o < 2 && !((o == 1 && !NEEDS_Y(w)) || objects[o] == INTACT) };
     atomic { MAY_DIE; objects[o] = INTACT; o++; goto next }
  :: atomic { o == 2 -> o = 0 }
  fi;
#if !PIN_FIRST
  atomic { MAY_DIE; pins[w] = 1 };
#endif
  atomic {                                                          /* _claim: the snapshot exists from here on */
    MAY_DIE;
    if
    :: pins[w] || !FENCE -> refs[w] = 1; if :: MOVE_PIN -> pins[w] = 0 :: else fi
    :: else -> goto again
    fi
  };
  atomic { MAY_DIE; acked[w] = 1 };
  atomic { MAY_DIE; pins[w] = 0 };
dead:
  atomic { o = 0; alive-- }
}

/* -- delete, undelete: Refs.mark_deleted, Refs.unmark_deleted */

proctype deleter() {
  byte n;
  do
  :: atomic { n < DELETES && refs[TARGET] -> n++ };                 /* the ref is found, and a moment later marked */
     atomic {
       if :: mark == 0 -> if :: mark = YOUNG :: mark = EXPIRED fi   /* worst case: it is old by the time of the gc */
          :: else                                                   /* marked already */
       fi;
       deleted = 1; undeleting = 0; undeleted = 0
     }
  :: atomic { alive--; n = 0; break }
  od
}

proctype undeleter() {
  byte n;
  do
#if LOOK_BEFORE
  :: atomic { n < UNDELETES && !claim -> n++ };
     if :: atomic { mark -> mark = 0; deleted = 0; undeleting = 1 } :: atomic { !mark -> goto failed } fi;
#else
  :: atomic { n < UNDELETES && mark -> n++; mark = 0; deleted = 0; undeleting = 1 };
#endif
#if LOOK_AFTER == 1
     if
     :: atomic { claim || mark || !refs[TARGET] -> undeleting = 0; goto failed }
     :: atomic { !(claim || mark || !refs[TARGET]) }
     fi;
#endif
#if LOOK_AFTER == 3
     if :: atomic { !refs[TARGET] -> undeleting = 0; goto failed } :: atomic { refs[TARGET] } fi;
#endif
#if LOOK_AFTER == 2 || LOOK_AFTER == 3
     if :: atomic { claim -> undeleting = 0; goto failed } :: atomic { !claim } fi;
#endif
#if LOOK_AFTER == 2
     if :: atomic { !refs[TARGET] -> undeleting = 0; goto failed } :: atomic { refs[TARGET] } fi;
#endif
     /* Whoever deletes between the unlink and this line is later than this undelete. */
     atomic { undeleted = undeleting; undeleting = 0 };
failed: skip
  :: atomic { alive--; n = 0; break }
  od
}

#include "gc.pml"

/* The worst judge of who is dead: Collection.drop_abandoned removes any pin at any time. */
proctype reaper() {
end:
  do
  :: atomic { pins[0] -> pins[0] = 0 }
  :: atomic { pins[1] -> pins[1] = 0 }
  od
}

/* -- repair of X, which it found damaged a moment ago: Repairer._object, under the collector's lock */

#if REPAIR
proctype repairer() {
  atomic { !gc_lock -> gc_lock = 1 };
  if
  :: atomic { objects[0] == DAMAGED };
#if REPAIR == 1
     atomic { objects[0] = INTACT }                                 /* a good copy, renamed into place */
#else
     atomic { objects[0] = 0 }
#endif
  :: atomic { objects[0] != DAMAGED }
  fi;
  atomic { gc_lock = 0; alive-- }
}
#endif

/* -- reading: LocalStore.get, after the ref was read */

#if READER
proctype reader() {
  byte s, n, r;
  if :: s = 0 :: s = 1 :: s = 2 fi;
end:
  atomic { refs[s] };
look:
  if
  :: atomic { n % 2 == 0 && objects[0] -> goto found }
  :: atomic { n % 2 == 0 && !objects[0] -> n++ }
  :: atomic { n % 2 == 1 && QUARANTINE_READ && AWAY(r, 0) -> r = 0; goto found }
  :: atomic { n % 2 == 1 && !(QUARANTINE_READ && AWAY(r, 0)) -> r++; if :: r == RUN_COUNT -> r = 0; n++ :: else fi }
  fi;
  if :: n < LOOKS -> goto look :: else fi;
  atomic { P4_found = !(CHECK(4) && refs[s]); assert(P4_found) };   /* else it was deleted meanwhile */
found:
  atomic { s = 0; n = 0 }
}
#endif

proctype monitor() {
end:
  do
  :: atomic { CHECK(1) && BROKEN_1 -> P1_complete = 0; assert(P1_complete) }
  :: atomic { CHECK(2) && BROKEN_2 -> P2_kept = 0; assert(P2_kept) }
  :: atomic { CHECK(5) && BROKEN_5 -> P5_undeleted_stays = 0; assert(P5_undeleted_stays) }
  :: atomic { CHECK(6) && BROKEN_6 -> P6_deleted_stays_so = 0; assert(P6_deleted_stays_so) }
  od
}

init {
  byte g;
  atomic {
#if ROT
    objects[0] = DAMAGED;
#else
    objects[0] = INTACT; refs[2] = 1; acked[2] = 1;
#endif
    run monitor(); run reaper();
#if WRITERS == 1 || WRITERS == 2
    run writer(0); alive++;
#endif
#if WRITERS == 2 || WRITERS == 3
    run writer(1); alive++;
#endif
#if DELETES
    run deleter(); alive++;
#endif
#if UNDELETES
    run undeleter(); alive++;
#endif
#if REPAIR
    run repairer(); alive++;
#endif
#if READER
    run reader();
#endif
    do :: g < GCS -> run gc(g); alive++; g++ :: else -> break od;
    run gc(GCS); g = 0
  }
}
