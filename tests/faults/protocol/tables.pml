/* A snapshot whose slots are in a table: who protects the table, and what only the table names. docs/model.md explains it.
 *
 * Every `atomic` that touches something shared is one system call. MAY_DIE stands before every call that changes
 * something. T = 0 is the table, X = 1 a manifest that only the table names; both may be left of a deleted snapshot.
 */

#ifndef GCS
#define GCS 1           /* besides the last one */
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef ONLY
#define ONLY 0          /* check this property alone; 0: all */
#endif
#ifndef TABLE_PIN
#define TABLE_PIN 1     /* the table has a pin of its own, before it is put: 0 none; 2 made after the table is there */
#endif
#ifndef LOOK_PIN
#define LOOK_PIN 1      /* is the table's pin still there when the snapshot has its own? else start again */
#endif
#ifndef HOLD_PIN
#define HOLD_PIN 1      /* the table's pin is kept until the end; 0: it goes before the snapshot has its own */
#endif
#ifndef FENCE
#define FENCE 1         /* publish fails when the snapshot's pin is gone */
#endif
#ifndef REAP
#define REAP 1          /* who judges worst which writers are dead: 1 a collector, before it lists; 2 anybody, any time */
#endif
#ifndef RELIST
#define RELIST 1        /* list again before anything is removed for good */
#endif

#define T 0
#define X 1
#define CHECK(n) (ONLY == 0 || ONLY == n)
#define MAY_DIE if :: true :: kills > 0 -> kills--; goto dead fi
#define ANYWHERE(o) (objects[o] || away[o])
#define BROKEN_1 (published && !(ANYWHERE(T) && ANYWHERE(X)))
#define BROKEN_3 (BROKEN_1 || away[T] || away[X] || (!published && (objects[T] || objects[X])))

bit objects[2], away[2];
bit table_pin, pin, published, acked, gc_lock;
byte kills = KILLS;
byte alive;
bit P1_complete = 1, P2_kept = 1, P3_at_rest = 1;

/* -- create: Writer.create, Publishing */

inline put(o) {
  if
  :: atomic { objects[o] }
  :: atomic { !objects[o] }; atomic { MAY_DIE; objects[o] = 1 }
  fi
}

proctype writer() {
again:
#if TABLE_PIN == 1
  atomic { MAY_DIE; table_pin = 1 };
#endif
  put(T);
#if TABLE_PIN == 2
  atomic { MAY_DIE; table_pin = 1 };
#endif
#if !HOLD_PIN
  atomic { MAY_DIE; table_pin = 0 };
#endif
  atomic { MAY_DIE; pin = 1 };
#if LOOK_PIN && HOLD_PIN && TABLE_PIN
  if :: atomic { !table_pin -> goto again } :: atomic { table_pin } fi;
#endif
  put(X);
  atomic {
    MAY_DIE;
    if :: pin || !FENCE -> published = 1 :: else -> goto again fi
  };
  atomic { MAY_DIE; acked = 1 };
  atomic { MAY_DIE; pin = 0 };
  atomic { MAY_DIE; table_pin = 0 };
dead:
  atomic { alive-- }
}

#if REAP == 2
proctype reaper() {
end:
  do
  :: atomic { pin -> pin = 0 }
  :: atomic { table_pin -> table_pin = 0 }
  od
}
#endif

/* -- gc: Collector._roots, Tabled; _sweep */

inline named() {                                                    /* what a table says is needed, if it can be read */
  atomic {
    need_t = 1;
    if
    :: ANYWHERE(T) -> need_x = 1
    :: else -> goto dead                                            /* it stops: Tabled._in */
    fi
  }
}

inline list_roots() {
  if                                                                /* a directory is listed in any order */
  :: true ->
     if :: atomic { table_pin -> need_t = 1 } :: atomic { !table_pin } fi;
     if :: atomic { pin }; named() :: atomic { !pin } fi
  :: true ->
     if :: atomic { pin }; named() :: atomic { !pin } fi;
     if :: atomic { table_pin -> need_t = 1 } :: atomic { !table_pin } fi
  fi;
  if :: atomic { published }; named() :: atomic { !published } fi
}

inline back(o) {
  if
  :: atomic { away[o] }; atomic { MAY_DIE; objects[o] = 1 }; atomic { MAY_DIE; away[o] = 0 }
  :: atomic { !away[o] }
  fi
}

inline set_aside(o, need) {
  if
  :: atomic { objects[o] && !need }; atomic { MAY_DIE; away[o] = 1 }; atomic { MAY_DIE; objects[o] = 0 }
  :: atomic { !(objects[o] && !need) }
  fi
}

inline decide(o, need) {
  if
  :: atomic { away[o] && need }; back(o)
  :: atomic { away[o] && !need }; atomic { MAY_DIE; away[o] = 0 }
  :: atomic { !away[o] }
  fi
}

proctype gc(byte g) {
  bit need_t, need_x;
  atomic { if :: g == GCS -> alive == 0; pin = 0; table_pin = 0; kills = 0 :: else fi };   /* the last: all are dead */
  atomic { !gc_lock -> gc_lock = 1 };
  back(T); back(X);
#if REAP == 1                                                       /* Collection.drop_abandoned, at its worst */
  if :: true :: atomic { pin -> MAY_DIE; pin = 0 } fi;
  if :: true :: atomic { table_pin -> MAY_DIE; table_pin = 0 } fi;
#endif
  list_roots();
  set_aside(T, need_t); set_aside(X, need_x);
#if RELIST
  atomic { need_t = 0; need_x = 0 };
  list_roots();
#endif
  decide(T, need_t); decide(X, need_x);
dead:
  atomic {
    gc_lock = 0; need_t = 0; need_x = 0;
    if
    :: g < GCS -> alive--
    :: else -> P3_at_rest = !(CHECK(3) && BROKEN_3); assert(P3_at_rest)
    fi
  }
}

proctype monitor() {
end:
  do
  :: atomic { CHECK(1) && BROKEN_1 -> P1_complete = 0; assert(P1_complete) }
  :: atomic { CHECK(2) && acked && !published -> P2_kept = 0; assert(P2_kept) }
  od
}

init {
  byte g;
  atomic {
    if :: objects[T] = 1; objects[X] = 1 :: objects[T] = 1 :: objects[X] = 1 :: true fi;
    run monitor(); run writer(); alive++;
#if REAP == 2
    run reaper();
#endif
    do :: g < GCS -> run gc(g); alive++; g++ :: else -> break od;
    run gc(GCS); g = 0
  }
}
