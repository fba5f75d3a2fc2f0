/* Packing and rolling up: cortexrepo/repository/upkeep/rolling.py and packing.py within gc.py. docs/model.md explains it.
 *
 * As in protocol.pml every `atomic` that touches something shared is one system call, and MAY_DIE is kill -9. What that
 * model has shown already (the quarantine, damaged objects, several writers) is here only as far as packing needs it.
 *
 * Objects: X, Y. Snapshots: OLD = {X} and DEAD = {Y}, each at the start loose or in a segment, their objects loose or in a pack;
 * NEW = {X, Y} by the writer. DEAD is deleted and undeleted. Sets are bit masks; a segment or pack that is not there is 0.
 */

#ifndef GCS
#define GCS 1           /* besides the last one, which runs when all else has stopped */
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef SLOTS
#define SLOTS 3         /* so many segments, and packs, at a time */
#endif
#ifndef DELETES
#define DELETES 1
#endif
#ifndef UNDELETES
#define UNDELETES 1
#endif
#ifndef WRITER
#define WRITER 1
#endif
#ifndef READER
#define READER 0        /* 1: of refs; 2: of objects */
#endif
#ifndef ONLY
#define ONLY 0          /* check this property alone; 0: all */
#endif
#ifndef SEGMENT_FIRST
#define SEGMENT_FIRST 1 /* 0: refs go before their segment; 2: an old segment goes before the new one */
#endif
#ifndef PACK_FIRST
#define PACK_FIRST 1    /* the same for objects */
#endif
#ifndef ROLL_FIRST
#define ROLL_FIRST 1    /* 0: objects of claimed snapshots go before these are out of their segments */
#endif
#ifndef FORGET
#define FORGET 1        /* the claim goes: 1 at the very end; 0 before the snapshot is out of its segment */
#endif
#ifndef BEGUN
#define BEGUN 1         /* a young claim counts if the ref is neither loose nor in a segment; 0: if it is not loose */
#endif
#ifndef RELY
#define RELY 0          /* 1: writers rely on packs */
#endif
#ifndef PINNED_COLD
#define PINNED_COLD 0   /* 1: what is pinned is packed too */
#endif
#ifndef LOOSE_FIRST
#define LOOSE_FIRST 1   /* readers; 0: segments, or packs, first */
#endif
#ifndef AGAIN
#define AGAIN 1         /* readers look again when a segment or pack is gone */
#endif
#ifndef TWICE
#define TWICE 1         /* readers list segments and packs until two listings are the same */
#endif

#define X 1
#define Y 2
#define OLD 1
#define DEAD 2
#define NEW 4
#define EXPIRED 2
#define YOUNG 1
#define NEEDS(m) ((((m) & (OLD | NEW)) -> X : 0) | (((m) & (DEAD | NEW)) -> Y : 0))
#define SEGMENT 0
#define PACK SLOTS
#if SLOTS == 3
#define ALL(base) (file[base] | file[base + 1] | file[base + 2])
#else
#define ALL(base) (file[base] | file[base + 1] | file[base + 2] | file[base + 3])
#endif
#define VISIBLE (refs | ALL(SEGMENT))
#define STORED (loose | aside | ALL(PACK))
#define CHECK(n) (ONLY == 0 || ONLY == n)
#define MAY_DIE if :: true :: kills > 0 -> kills--; goto dead fi

byte refs, loose, aside;
byte file[2 * SLOTS];                                      /* segments, then packs */
byte mark, claim;
bit pin, gc_lock;
bit acked, deleted, lapsed, undeleting, undeleted;
byte kills = KILLS;
byte alive;

#define BROKEN_1 (NEEDS(VISIBLE) & ~STORED)
#define BROKEN_2 (!(VISIBLE & OLD) || (acked && !(VISIBLE & NEW)) || (!lapsed && !(VISIBLE & DEAD)))
#define BROKEN_3 (BROKEN_1 || aside || claim || ((loose | ALL(PACK)) & ~NEEDS(VISIBLE)))
#define BROKEN_5 (undeleted && (!(VISIBLE & DEAD) || mark || claim))
#define BROKEN_6 (deleted && (VISIBLE & DEAD) && !mark && !claim)

bit P1_complete = 1, P2_kept = 1, P3_at_rest = 1, P4_found = 1, P5_undeleted_stays = 1, P6_deleted_stays_so = 1;

/* -- create: it looks at loose objects alone */

inline put(o) {
  if
  :: atomic { (loose & o) || (RELY && (ALL(PACK) & o)) }
  :: atomic { !((loose & o) || (RELY && (ALL(PACK) & o))) }; atomic { MAY_DIE; loose = loose | o }
  fi
}

proctype writer() {
again:
  atomic { MAY_DIE; pin = 1 };
  put(X); put(Y);
  atomic { MAY_DIE; if :: pin -> refs = refs | NEW :: else -> goto again fi };
  atomic { MAY_DIE; acked = 1 };
  atomic { MAY_DIE; pin = 0 };
dead:
  atomic { alive-- }
}

proctype reaper() {
end:
  do :: atomic { pin -> pin = 0 } od
}

/* -- delete, undelete */

proctype deleter() {
  byte n;
  do
  :: atomic { n < DELETES && (VISIBLE & DEAD) -> n++ };
     atomic {
       if :: mark == 0 -> if :: mark = YOUNG :: mark = EXPIRED fi :: else fi;
       deleted = 1; undeleting = 0; undeleted = 0
     }
  :: atomic { alive--; n = 0; break }
  od
}

proctype undeleter() {
  byte n;
  do
  :: atomic { n < UNDELETES && mark -> n++; mark = 0; deleted = 0; undeleting = 1 };
     /* Marks, claims and refs under the lock that listers share; segments are not under it. */
     if
     :: atomic { claim || mark -> undeleting = 0; goto failed }
     :: atomic { !claim && !mark && (refs & DEAD) }
     :: atomic { !claim && !mark && !(refs & DEAD) };
        if
        :: atomic { !(ALL(SEGMENT) & DEAD) -> undeleting = 0; goto failed }
        :: atomic { ALL(SEGMENT) & DEAD }
        fi
     fi;
     atomic { undeleted = undeleting; undeleting = 0 };
failed: skip
  :: atomic { alive--; n = 0; break }
  od
}

/* -- gc */

/* Collector._mark: pins, then refs, then segments */
inline list_roots() {
  atomic { need = 0; if :: pin -> need = X | Y; pinned = X | Y :: else fi };
  atomic { need = need | NEEDS(refs) };
  atomic { need = need | NEEDS(ALL(SEGMENT) & ~(going && !ROLL_FIRST -> DEAD : 0)) }
}

/* Collector._sweep */
inline sweep() {
  list_roots();
  if
  :: atomic { loose & ~need };
     atomic { MAY_DIE; aside = loose & ~need };
     atomic { MAY_DIE; loose = loose & ~aside };
     list_roots();
     atomic { MAY_DIE; loose = loose | (aside & need) };
     atomic { MAY_DIE; aside = 0 }
  :: atomic { !(loose & ~need) }
  fi
}

inline expire() {
  if
  :: atomic { !claim && mark == EXPIRED };
     atomic { MAY_DIE; if :: mark -> claim = mark; mark = 0; lapsed = lapsed || claim == EXPIRED :: else fi }
  :: atomic { claim || mark != EXPIRED }
  fi;
  if
  :: atomic { claim && (claim == EXPIRED || !((BEGUN -> VISIBLE : refs) & DEAD)) -> going = 1 };
     atomic { MAY_DIE; refs = refs & ~DEAD }
#if FORGET == 0
     ;
     atomic { MAY_DIE; claim = 0 }
#endif
  :: atomic { claim == YOUNG && ((BEGUN -> VISIBLE : refs) & DEAD) };
     atomic { MAY_DIE; mark = claim; claim = 0 }
  :: atomic { !claim }
  fi
}

/* Which old segments or packs are replaced: those with something to be left out, and any others. */
inline choose(base, out) {
  atomic {
    replaced = 0; made = 0; slot = 0;
    do
    :: slot < SLOTS && !file[base + slot] -> slot++
    :: slot < SLOTS && (file[base + slot] & (out)) -> replaced = replaced | (1 << slot); made = made | file[base + slot]; slot++
    :: slot < SLOTS && file[base + slot] && !(file[base + slot] & (out)) && moved ->
       replaced = replaced | (1 << slot); made = made | file[base + slot]; slot++
    :: slot < SLOTS && file[base + slot] && !(file[base + slot] & (out)) -> slot++
    :: slot == SLOTS -> break
    od;
    made = (made | moved) & ~(out); slot = 0
  }
}

inline place(base) {
  if
  :: atomic { made -> MAY_DIE; slot = 0; do :: slot < SLOTS && file[base + slot] -> slot++ :: else -> break od;
              assert(slot < SLOTS); file[base + slot] = made; slot = 0 }
  :: atomic { !made }
  fi
}

inline remove_old(base) {
  do
  :: atomic { slot < SLOTS && (replaced & (1 << slot)) -> MAY_DIE; file[base + slot] = 0; slot++ }
  :: atomic { slot < SLOTS && !(replaced & (1 << slot)) -> slot++ }
  :: atomic { slot == SLOTS -> slot = 0; break }
  od
}

proctype gc(bit last) {
  byte need, pinned, moved, made, replaced, slot;
  bit going, holds, rolled;
  atomic { if :: last -> alive == 0; pin = 0; kills = 0 :: else fi };
  atomic { !gc_lock -> gc_lock = 1; holds = 1 };
  atomic { MAY_DIE; loose = loose | aside };
  atomic { MAY_DIE; aside = 0 };
  expire();
  sweep();
  atomic { rolled = going && (ALL(SEGMENT) & DEAD) };
  /* The newest keeps its file, or is deleted itself. */
  atomic { if :: moved = refs & (OLD | DEAD) :: moved = refs fi };
  choose(SEGMENT, (going -> DEAD : 0));
#if SEGMENT_FIRST == 0
  if :: atomic { moved -> MAY_DIE; refs = refs & ~moved } :: atomic { !moved } fi;
#elif SEGMENT_FIRST == 2
  remove_old(SEGMENT);
#endif
  place(SEGMENT);
  if :: atomic { moved -> MAY_DIE; refs = refs & ~moved } :: atomic { !moved } fi;
  remove_old(SEGMENT);
#if ROLL_FIRST
  if :: atomic { rolled }; sweep() :: atomic { !rolled } fi;
#endif
  atomic { moved = loose & need & ~NEEDS(refs) & ~(PINNED_COLD -> 0 : pinned) };
  choose(PACK, (X | Y) & ~need);
#if PACK_FIRST == 0
  if :: atomic { moved -> MAY_DIE; loose = loose & ~moved } :: atomic { !moved } fi;
#elif PACK_FIRST == 2
  remove_old(PACK);
#endif
  place(PACK);
  if :: atomic { moved -> MAY_DIE; loose = loose & ~moved } :: atomic { !moved } fi;
  remove_old(PACK);
  if :: atomic { going && claim -> MAY_DIE; claim = 0 } :: atomic { !(going && claim) } fi;
dead:
  atomic {
    if :: holds -> gc_lock = 0; holds = 0 :: else fi;
    need = 0; pinned = 0; moved = 0; made = 0; replaced = 0; slot = 0; going = 0; rolled = 0;
    if
    :: !last -> alive--
    :: else -> P3_at_rest = !(CHECK(3) && BROKEN_3); assert(P3_at_rest)
    fi
  }
}

/* -- reading: Refs.read_raw with Segments.find, Objects._read with Packs.find */

#if READER
inline list(base, found) {
  atomic { found = 0; slot = 0 };
  do
  :: atomic { slot < SLOTS -> if :: file[base + slot] -> found = found | (1 << slot) :: else fi; slot++ }
  :: atomic { slot == SLOTS -> slot = 0; break }
  od
}

inline look(base, what) {
  atomic { names = 0 };
look_again:
  atomic { slot = 0 };
  list(base, names);
#if TWICE
  do
  :: list(base, names_again);
     if :: atomic { names == names_again -> break } :: atomic { names != names_again -> names = names_again } fi
  od;
#endif
  do
  :: atomic { slot < SLOTS && (names & (1 << slot)) && (file[base + slot] & what) -> slot = 0; goto found }
  :: atomic { slot < SLOTS && (names & (1 << slot)) && file[base + slot] && !(file[base + slot] & what) -> slot++ }
  :: atomic { slot < SLOTS && (names & (1 << slot)) && !file[base + slot] ->
       if :: AGAIN -> slot = 0; goto look_again :: else -> slot++ fi }
  :: atomic { slot < SLOTS && !(names & (1 << slot)) -> slot++ }
  :: atomic { slot == SLOTS -> slot = 0; break }
  od
}

proctype reader() {
  byte s, names, names_again, slot;
  if :: s = OLD :: s = NEW fi;
  atomic { if :: VISIBLE & s :: alive == 1 -> goto found fi };
#if READER == 1
#if LOOSE_FIRST
  if :: atomic { refs & s -> goto found } :: atomic { !(refs & s) } fi;
  look(SEGMENT, s);
#else
  look(SEGMENT, s);
  if :: atomic { refs & s -> goto found } :: atomic { !(refs & s) } fi;
#endif
#else
  atomic { s = X };                                     /* both need it */
#if LOOSE_FIRST
  if :: atomic { (loose | aside) & s -> goto found } :: atomic { !((loose | aside) & s) } fi;
  look(PACK, s);
#else
  look(PACK, s);
  if :: atomic { (loose | aside) & s -> goto found } :: atomic { !((loose | aside) & s) } fi;
#endif
#endif
  atomic { P4_found = !CHECK(4); assert(P4_found) };
found:
  atomic { s = 0; names = 0; names_again = 0; slot = 0; alive-- }
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
    if :: refs = OLD | DEAD :: file[SEGMENT + 1] = OLD | DEAD :: file[SEGMENT + 1] = DEAD; refs = OLD fi;
    if :: loose = X | Y :: file[PACK + 1] = X | Y :: file[PACK + 1] = X; loose = Y fi;
    run monitor(); run reaper();
#if WRITER
    run writer(); alive++;
#endif
#if DELETES
    run deleter(); alive++;
#endif
#if UNDELETES
    run undeleter(); alive++;
#endif
#if READER
    run reader(); alive++;
#endif
    do :: g < GCS -> run gc(0); alive++; g++ :: else -> break od;
    run gc(1); g = 0
  }
}
