/* A new refs/: a collector puts a small directory in the place of one that has grown. docs/model.md explains it.
 *
 * Two directories, at `refs/` and at `refs.new/`; each writer has a name of its own, and the last name is a snapshot from
 * before. As in protocol.pml every `atomic` that touches something shared is one system call, and MAY_DIE is kill -9. Here
 * there are power cuts too: `safe` is what is durable. The step needs no pin, and no lock except that of collectors.
 * Objects, marks, segments and the numbers of snapshots are in the other models.
 */

#ifndef WRITERS
#define WRITERS 1
#endif
#ifndef GCS
#define GCS 2           /* besides the last one, which runs when all else has stopped */
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef CUTS
#define CUTS 0          /* power cuts; after one nothing runs but the last gc */
#endif
#ifndef READER
#define READER 0
#endif
#ifndef EXPIRE
#define EXPIRE 0        /* 1: the snapshot from before may be removed, and its objects after it */
#endif
#ifndef LOOK
#define LOOK 1          /* the writer looks for refs.new/ after its name is in refs/; 0: not at all; 2: before */
#endif
#ifndef BOTH
#define BOTH 1          /* where it is there the name comes into both: refs/, refs.new/, refs/ again; 2: without the last; 0: refs/ alone */
#endif
#ifndef SYNCS
#define SYNCS 1         /* refs.new/, refs/, refs.new/ again; 0: without the last */
#endif
#ifndef CONFIRM
#define CONFIRM 1       /* a snapshot before whose writer is at work is made durable as one's own; 0: it is not */
#endif
#ifndef COPY_SYNC
#define COPY_SYNC 1     /* the new directory is durable before it takes the place, and the old one; 2: the new one; 0: neither */
#endif
#ifndef SWAP_SYNC
#define SWAP_SYNC 1     /* an exchange is durable before a name goes from the old directory; 0: it need not be */
#endif
#ifndef BACK
#define BACK 1          /* what is in refs.new/ alone gets its name in refs/ before it goes; 0: it just goes */
#endif
#ifndef FIRST
#define FIRST 1         /* a collector empties what a dead one left before it removes a ref; 0: after */
#endif
#ifndef GONE_SYNC
#define GONE_SYNC 1     /* that refs.new/ is gone is durable before a ref is removed */
#endif
#ifndef AGAIN
#define AGAIN 1         /* a reader lists again where another directory is at refs/ when it has listed */
#endif
#ifndef ONLY
#define ONLY 0          /* check this property alone; 0: all */
#endif

#define NAMES (WRITERS + 1)
#define OLD WRITERS
#define HERE(n) in[at * NAMES + (n)]
#define BESIDE(n) in[(1 - at) * NAMES + (n)]
#define EMPTY (!BESIDE(0) && !BESIDE(1) && !BESIDE(NAMES - 1))
#define MAY_DIE if :: true :: kills > 0 -> kills--; goto dead fi
#define CHECK(p) (ONLY == 0 || ONLY == p)

bit in[2 * NAMES], safe[2 * NAMES];
bit at, safe_at;                                           /* which directory is at refs/; the other is at refs.new/ ... */
bit beside, safe_beside;                                   /* ... if there is one */
byte made[2];                                              /* how often a directory was made there: a new one is another one */
bit working[NAMES], is_dead[NAMES];                        /* has its name in pins/; is at work no more */
bit acknowledged[NAMES];
bit was_here[NAMES], followed[NAMES];                      /* ever in refs/; named by one that is acknowledged */
bit removed, objects_gone;                                 /* of the snapshot from before */
bit gc_lock, stopped;
byte kills = KILLS, cuts = CUTS, running;
bit P1_complete = 1, P2_kept = 1, P3_at_rest = 1, P4_found = 1;

#define LOST(n) (acknowledged[n] && !HERE(n) && !(n == OLD && removed))
#define BROKEN_1 (objects_gone && HERE(OLD))
#define STRAYED(n) ((was_here[n] && !stopped || followed[n]) && !HERE(n))
#define BROKEN_2 (LOST(0) || LOST(1) || LOST(NAMES - 1))

inline sync(d) {
  k = 0;
  do :: k < NAMES -> safe[(d) * NAMES + k] = in[(d) * NAMES + k]; k++ :: else -> break od;
  k = 0
}
inline sync_here() { atomic { MAY_DIE; sync(at) } }
inline sync_beside() { atomic { MAY_DIE; if :: beside -> sync(1 - at) :: else fi } }
inline sync_top() { atomic { MAY_DIE; safe_at = at; safe_beside = beside } }

/* -- create: LocalStore._confirm, which Publishing._once and Writer._confirm call */

inline confirm(m) {
#if LOOK == 1
  atomic { saw = beside };
#endif
  if
  :: saw ->
#if BOTH
     atomic { MAY_DIE; if :: HERE(m) && beside -> BESIDE(m) = 1 :: else fi };
#endif
#if BOTH == 1
     atomic { MAY_DIE; if :: BESIDE(m) && beside -> HERE(m) = 1 :: else fi };
#endif
     sync_beside();
     sync_here();
#if SYNCS
     sync_beside()
#endif
  :: !saw -> sync_here()
  fi
}

proctype writer(byte w) {
  byte k;
  bit saw, follows;
  {
#if WRITERS == 2
    atomic { follows = HERE(1 - w) };                      /* the snapshot before */
    if
    :: atomic { CONFIRM && follows && working[1 - w] }; confirm(1 - w)
    :: atomic { !(CONFIRM && follows && working[1 - w]) }
    fi;
#endif
#if LOOK == 2
    atomic { saw = beside };
#endif
    atomic { MAY_DIE; working[w] = 1 };
    atomic { MAY_DIE; HERE(w) = 1; was_here[w] = 1 };      /* the link that makes it visible */
    confirm(w);
    atomic { MAY_DIE; acknowledged[w] = 1; if :: follows -> followed[1 - w] = 1 :: else fi };
    atomic { MAY_DIE; working[w] = 0 };
dead: skip
  } unless { stopped };
  atomic { is_dead[w] = 1; saw = 0; follows = 0; k = 0; running-- }
}

/* -- gc: Renewal.clear, Renewal.run */

inline clear() {
#if SWAP_SYNC
  sync_top();
#endif
  do
  :: atomic { !beside -> break }
  :: atomic { beside ->                                    /* a listing of refs.new/ */
       do :: n < NAMES -> listed[n] = BESIDE(n); n++ :: else -> break od; n = 0 };
#if BACK
     do
     :: n < NAMES -> atomic { MAY_DIE; if :: listed[n] && BESIDE(n) -> HERE(n) = 1 :: else fi; n++ }
     :: n == NAMES -> n = 0; break
     od;
     sync_here();
#endif
     do
     :: n < NAMES -> atomic { MAY_DIE; if :: listed[n] -> BESIDE(n) = 0; listed[n] = 0 :: else fi; n++ }
     :: n == NAMES -> n = 0; break
     od;
     atomic { MAY_DIE; if :: EMPTY -> beside = 0 :: else fi }
  od;
#if GONE_SYNC
  sync_top()
#endif
}

inline remove_old() {
#if EXPIRE
  if
  :: atomic { MAY_DIE; removed = 1; HERE(OLD) = 0 };
     sync_here();
     atomic { MAY_DIE; objects_gone = 1 }
  :: true
  fi;
#endif
  skip
}

proctype gc(bit is_last) {
  byte k, n;
  bit holds, listed[NAMES];
  {
    atomic { !gc_lock && (!is_last || running == 0) -> gc_lock = 1; holds = 1;
             if :: is_last -> kills = 0 :: else fi };
#if FIRST
    clear();
#endif
    sync_here();
    atomic { MAY_DIE;                                      /* names whose writers are dead */
             do :: n < WRITERS -> if :: is_dead[n] -> working[n] = 0 :: else fi; n++ :: else -> break od; n = 0 };
    remove_old();
#if !FIRST
    clear();
#endif
    atomic { MAY_DIE; beside = 1; made[1 - at]++; k = 0;   /* mkdir refs.new: a new directory */
             do :: k < NAMES -> BESIDE(k) = 0; safe[(1 - at) * NAMES + k] = 0; k++ :: else -> break od; k = 0 };
    do
    :: n < NAMES -> atomic { MAY_DIE; if :: HERE(n) -> BESIDE(n) = 1 :: else fi; n++ }
    :: n == NAMES -> n = 0; break
    od;
#if COPY_SYNC
    sync_beside();
#endif
#if COPY_SYNC == 1
    sync_here();
#endif
    atomic { MAY_DIE; at = 1 - at };                       /* RENAME_EXCHANGE */
    clear();
dead: skip
  } unless { stopped && !is_last };
  atomic {
    if :: holds -> gc_lock = 0; holds = 0 :: else fi;
    n = 0; k = 0;
    do :: n < NAMES -> listed[n] = 0; n++ :: else -> break od;
    n = 0;
    if
    :: is_last -> P3_at_rest = !(CHECK(3) && (beside || BROKEN_1 || BROKEN_2 || STRAYED(0) || STRAYED(WRITERS - 1))); assert(P3_at_rest)
    :: else -> running--
    fi
  }
}

/* -- reading: LocalStore.names */

proctype reader() {
  byte n, began;
  bit was[NAMES], seen[NAMES], which;
  {
    atomic { do :: n < NAMES -> was[n] = acknowledged[n] && !removed; n++ :: else -> break od; n = 0 };
again:
    atomic { which = at; began = made[at] };
    do
    :: n < NAMES -> atomic { seen[n] = in[which * NAMES + n] && made[which] == began; n++ }
    :: n == NAMES -> n = 0; break
    od;
#if AGAIN
    if :: atomic { which != at || made[at] != began -> goto again } :: atomic { which == at && made[at] == began } fi;
#endif
    atomic {
      do
      :: n < NAMES -> P4_found = P4_found && !(CHECK(4) && was[n] && !seen[n] && !(n == OLD && removed)); n++
      :: else -> break
      od;
      n = 0;
      assert(P4_found)
    }
  } unless { stopped };
  atomic {
    n = 0; which = 0; began = 0;
    do :: n < NAMES -> was[n] = 0; seen[n] = 0; n++ :: else -> break od;
    n = 0; running--
  }
}

/* -- a power cut: each name is as it is or as it is durable; an exchange is there as a whole, or not at all */

proctype power() {
  byte k;
end:
  atomic {
    cuts > 0 && running > 0 -> cuts--; stopped = 1; kills = 0; gc_lock = 0;
    do
    :: k < 2 * NAMES -> if :: true :: in[k] != safe[k] -> in[k] = safe[k] fi; k++
    :: else -> break
    od;
    k = 0;
    if
    :: at != safe_at -> at = safe_at; if :: beside = 1 :: beside = safe_beside fi
    :: beside != safe_beside && at == safe_at -> beside = safe_beside
    :: true
    fi;
    safe_at = at; safe_beside = beside;
    do :: k < 2 * NAMES -> safe[k] = in[k]; k++ :: else -> break od;
    k = 0
  }
}

proctype monitor() {
end:
  do
  :: atomic { CHECK(1) && BROKEN_1 -> P1_complete = 0; assert(P1_complete) }
  :: atomic { CHECK(2) && BROKEN_2 -> P2_kept = 0; assert(P2_kept) }
  od
}

init {
  byte k;
  atomic {
    in[OLD] = 1; safe[OLD] = 1; acknowledged[OLD] = 1;
    run monitor(); run power();
    do :: k < WRITERS -> run writer(k); running++; k++ :: else -> break od;
    k = 0;
    do :: k < GCS -> run gc(0); running++; k++ :: else -> break od;
#if READER
    run reader(); running++;
#endif
    run gc(1); k = 0
  }
}
