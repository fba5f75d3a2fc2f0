/* Names of snapshots: no two creates ever acknowledge one name. docs/model.md explains it.
 *
 * A name is a number: the clock stands still, the worst case. A writer tries any number, as if what it had listed were
 * as old as can be. As in protocol.pml every `atomic` that touches something shared is one system call, and MAY_DIE is
 * kill -9. Objects, marks and undelete are in protocol.pml; here any snapshot may be claimed at any time.
 */

#ifndef WRITERS
#define WRITERS 2
#endif
#ifndef GCS
#define GCS 2
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef TRIES
#define TRIES 2         /* so many numbers does a writer try */
#endif
#ifndef RESERVE
#define RESERVE 1       /* the name is taken before the look; 0: not at all; 2: after the look */
#endif
#ifndef LOOK
#define LOOK 1          /* refs, segments, claim, note; 2: the same the other way round; 0: nothing */
#endif
#ifndef LOOK_NOTE
#define LOOK_NOTE 1     /* 0: does not look at the note */
#endif
#ifndef LOOK_CLAIM
#define LOOK_CLAIM 1
#endif
#ifndef LOOK_SEGMENTS
#define LOOK_SEGMENTS 1
#endif
#ifndef NOTE
#define NOTE 1          /* what is removed is noted before the ref goes; 2: once the claim is forgotten; 3: after the ref and
                         * before the claim goes, as on a full disk; 0: not at all */
#endif
#ifndef JUDGE
#define JUDGE 1         /* only a dead writer's name is dropped; 0: any writer's */
#endif
#ifndef ONLY
#define ONLY 0
#endif

#define NAMES 3
#define FREE 0
#define MAY_DIE if :: true :: kills > 0 -> kills--; goto dead fi

bit ref[NAMES], packed[NAMES], claim[NAMES], noted[NAMES];
byte owner[NAMES];                                         /* who has the name: a writer's number, from 1 on */
byte acknowledged[NAMES];
bit is_dead[WRITERS + 1];
bit gc_lock;
byte kills = KILLS;
bit P7_once = 1;

#define NOTED(n) (noted[n] || (n < 1 && noted[1]) || (n < 2 && noted[2]))

/* -- create: Publishing._once, Writer._is_used */

inline look_at(what) {
  if :: atomic { what -> goto used } :: atomic { !(what) } fi
}

inline look() {
#if LOOK == 1
  look_at(ref[n]);
#if LOOK_SEGMENTS
  look_at(packed[n]);
#endif
#if LOOK_CLAIM
  look_at(claim[n]);
#endif
#if LOOK_NOTE
  look_at(NOTED(n));
#endif
#elif LOOK == 2
  look_at(NOTED(n)); look_at(claim[n]); look_at(packed[n]); look_at(ref[n]);
#endif
  skip
}

inline take() {
  if
  :: atomic { owner[n] == FREE -> MAY_DIE; owner[n] = w }
  :: atomic { owner[n] != FREE -> tries++; goto next }
  fi
}

proctype writer(byte w) {
  byte n, tries;
next:
  if
  :: atomic { tries < TRIES -> if :: n = 0 :: n = 1 :: n = 2 fi }
  :: atomic { tries == TRIES -> goto dead }
  fi;
#if RESERVE == 1
  take();
#endif
  look();
#if RESERVE == 2
  take();
#endif
  if                                                       /* the link that makes it visible */
  :: atomic { !ref[n] -> MAY_DIE; ref[n] = 1 }
  :: atomic { ref[n] -> goto used }
  fi;
  atomic { MAY_DIE; acknowledged[n]++; P7_once = acknowledged[n] < 2; assert(P7_once) };
  atomic { MAY_DIE; if :: owner[n] == w -> owner[n] = FREE :: else fi };
  goto dead;
used:
  atomic { MAY_DIE; if :: owner[n] == w -> owner[n] = FREE :: else fi; tries++; goto next };
dead:
  atomic { is_dead[w] = 1; n = 0; tries = 0 }
}

/* -- gc: Collection.drop_abandoned, Expiry.expire, Noting.note, Rolling.run, Expiry.forget */

inline drop(m) {
  if
  :: atomic { owner[m] != FREE && (is_dead[owner[m]] || !JUDGE) -> MAY_DIE; owner[m] = FREE }
  :: atomic { owner[m] == FREE || !is_dead[owner[m]] }
  fi
}

inline roll(m) {
  if
  :: atomic { ref[m] -> MAY_DIE; packed[m] = 1 }; atomic { MAY_DIE; ref[m] = 0 }
  :: true
  fi
}

proctype gc() {
  byte n;
  bit holds;
  atomic { !gc_lock -> gc_lock = 1; holds = 1 };
  drop(0); drop(1); drop(2);
  if                                                       /* one that a dead gc claimed, or any other, or none */
  :: atomic { claim[0] -> n = 0 } :: atomic { claim[1] -> n = 1 } :: atomic { claim[2] -> n = 2 }
  :: atomic { ref[0] || packed[0] -> n = 0 }
  :: atomic { ref[1] || packed[1] -> n = 1 }
  :: atomic { ref[2] || packed[2] -> n = 2 }
  :: true -> roll(0); roll(1); roll(2); goto dead
  fi;
  if
  :: atomic { claim[n] && (ref[n] || packed[n]) };         /* taken back: it is not due for this gc */
     atomic { MAY_DIE; noted[n] = 0 };
     atomic { MAY_DIE; claim[n] = 0 };
     goto dead
  :: atomic { claim[n] || ref[n] || packed[n] -> MAY_DIE; claim[n] = 1 }
  fi;
#if NOTE == 1
  atomic { MAY_DIE; noted[n] = 1 };
#endif
  atomic { MAY_DIE; ref[n] = 0 };
  roll(0); roll(1); roll(2);
  atomic { MAY_DIE; packed[n] = 0 };
#if NOTE == 3
  atomic { MAY_DIE; noted[n] = 1 };
#endif
  atomic { MAY_DIE; claim[n] = 0 };
#if NOTE == 2
  atomic { MAY_DIE; noted[n] = 1 };
#endif
dead:
  atomic { if :: holds -> gc_lock = 0; holds = 0 :: else fi; n = 0 }
}

init {
  byte k;
  atomic {
    k = 1;
    do :: k <= WRITERS -> run writer(k); k++ :: else -> break od;
    k = 0;
    do :: k < GCS -> run gc(); k++ :: else -> break od;
    k = 0
  }
}
