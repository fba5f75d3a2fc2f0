/* Garbage collection: cortexrepo/repository/upkeep/gc.py over cortexrepo/store/local/collection.py. */

/* Collector._roots: pins, then refs; what the snapshot s needs is remembered */
inline need(there, s) {
  atomic { if :: there -> need_x = 1; need_y = need_y || NEEDS_Y(s) :: else fi }
}

inline list_roots() {
#if PINS_BEFORE_REFS == 1
  need(pins[0], 0); need(pins[1], 1);
#elif PINS_BEFORE_REFS == 2
  atomic { seen_0 = pins[0] }; atomic { seen_1 = pins[1] };
#endif
  need(refs[0] && (DELETED_ARE_ROOTS || TARGET != 0 || !mark), 0);
  need(refs[1], 1);
  need(refs[2] && (DELETED_ARE_ROOTS || TARGET != 2 || !mark), 2);
#if PINS_BEFORE_REFS == 0
  need(pins[0], 0); need(pins[1], 1);
#elif PINS_BEFORE_REFS == 2
  atomic { need(seen_0 && pins[0], 0); seen_0 = 0 }; atomic { need(seen_1 && pins[1], 1); seen_1 = 0 };
#endif
}

/* Collection.set_aside: all first steps, then all second ones */
inline set_aside_first(o, candidate) {
  if
  :: atomic { candidate ->
       MAY_DIE;
#if ASIDE == 0
       objects[o] = 0; candidate = 0
#elif ASIDE == 3
       if :: objects[o] -> AWAY(own, o) = objects[o]; objects[o] = 0 :: else fi; candidate = 0
#else
       if :: objects[o] -> AWAY(own, o) = objects[o] :: else -> candidate = 0 fi
#endif
     }
  :: atomic { !candidate }
  fi
}

inline set_aside_second(o, candidate) {
#if ASIDE == 1
  if
  :: atomic { candidate && AWAY(own, o) != DAMAGED -> MAY_DIE; objects[o] = 0; candidate = 0 }
  :: atomic { candidate && AWAY(own, o) == DAMAGED -> MAY_DIE; AWAY(own, o) = 0; candidate = 0 }
  :: atomic { !candidate }
  fi
#elif ASIDE == 2
  if :: atomic { candidate -> MAY_DIE; objects[o] = 0; candidate = 0 } :: atomic { !candidate } fi
#else
  skip
#endif
}

/* Collection.put_back, Collection.restore_leftovers: never over something */
inline put_back(r, o, needed) {
  if
  :: atomic { AWAY(r, o) && needed ->
       MAY_DIE;
#if BACK == 1
       if :: AWAY(r, o) && !objects[o] -> objects[o] = AWAY(r, o) :: else fi
     };
     atomic { MAY_DIE; AWAY(r, o) = 0 }
#elif BACK == 2
       if :: AWAY(r, o) && !objects[o] -> objects[o] = AWAY(r, o); AWAY(r, o) = 0 :: else fi
     };
     if :: atomic { AWAY(r, o) -> MAY_DIE; AWAY(r, o) = 0 } :: atomic { !AWAY(r, o) } fi
#else
       if :: AWAY(r, o) -> objects[o] = AWAY(r, o); AWAY(r, o) = 0 :: else fi
     }
#endif
  :: atomic { !(AWAY(r, o) && needed) }
  fi
}

/* Collection.discard_aside */
inline discard(r, o) {
  if :: atomic { AWAY(r, o) -> MAY_DIE; AWAY(r, o) = 0 } :: atomic { !AWAY(r, o) } fi
}

/* What is in quarantine is put back or goes for good. */
inline decide() {
#if ASIDE && RELIST
  if
  :: atomic { AWAY(own, 0) || AWAY(own, 1) };
     list_roots();
     put_back(own, 0, need_x); put_back(own, 1, need_y);
     atomic { need_x = 0; need_y = 0 }
  :: atomic { !(AWAY(own, 0) || AWAY(own, 1)) }
  fi;
#endif
  discard(own, 0); discard(own, 1)
}

/* Collector._expire */
inline expire() {
#if CLAIM == 1
  if
  :: atomic { !claim && mark == EXPIRED };
     atomic { MAY_DIE; if :: mark -> claim = mark; mark = 0; lapsed = lapsed || claim == EXPIRED :: else fi }
  :: atomic { claim && READ_CLAIM == 2 -> goto going }               /* left by a gc that died: taken unseen */
  :: atomic { (claim && READ_CLAIM != 2) || (!claim && mark != EXPIRED) }
  fi;
  if
  :: atomic { claim == EXPIRED || (claim && !READ_CLAIM) };
going:
#if FORGET == 0
     atomic { MAY_DIE; claim = 0 };
#endif
     atomic { MAY_DIE; refs[TARGET] = 0 };
#if FORGET == 1
     atomic { MAY_DIE; claim = 0 }
#endif
  :: atomic { claim == YOUNG && READ_CLAIM };
     atomic { MAY_DIE; mark = claim; claim = 0 }
  :: atomic { !claim }
  fi
#else
  if
  :: atomic { mark == EXPIRED };
#if CLAIM == 2
     atomic { MAY_DIE; if :: mark -> mark = 0; lapsed = 1 :: else -> goto kept fi };
#endif
     atomic { MAY_DIE; lapsed = 1; refs[TARGET] = 0 };
#if CLAIM == 0
     atomic { MAY_DIE; mark = 0 };
#endif
kept: skip
  :: atomic { mark != EXPIRED }
  fi
#endif
}

proctype gc(byte g) {
  byte round, own;
  bit holds, need_x, need_y, candidate_x, candidate_y;
#if PINS_BEFORE_REFS == 2
  bit seen_0, seen_1;
#endif
  atomic {
    own = (g < RUN_COUNT -> g : 0);
    if :: g == GCS -> alive == 0; pins[0] = 0; pins[1] = 0; kills = 0 :: else fi   /* the last one: all are dead */
  };
again:
#if LOCK
  atomic { !gc_lock -> gc_lock = 1; holds = 1 };
#endif
#if LEFTOVERS
  put_back(0, 0, true); put_back(0, 1, true);
#if RUN_COUNT > 1
  put_back(1, 0, true); put_back(1, 1, true);
#endif
#endif
  expire();
  list_roots();
  atomic { candidate_x = objects[0] && !need_x };
  atomic { candidate_y = objects[1] && !need_y; need_x = 0; need_y = 0 };
#if BATCH
  set_aside_first(0, candidate_x); set_aside_second(0, candidate_x); decide();
  set_aside_first(1, candidate_y); set_aside_second(1, candidate_y); decide();
#else
  set_aside_first(0, candidate_x); set_aside_first(1, candidate_y);
  set_aside_second(0, candidate_x); set_aside_second(1, candidate_y);
  decide();
#endif
#if CLAIM == 1 && FORGET == 2
  if :: atomic { claim -> MAY_DIE; claim = 0 } :: atomic { !claim } fi;          /* Collector._forget_claims */
#endif
  atomic {
    round++;
    if
    :: g < GCS && round < ROUNDS -> if :: holds -> gc_lock = 0; holds = 0 :: else fi; goto again
    :: else
    fi
  };
dead:
  atomic {
    if :: holds -> gc_lock = 0; holds = 0 :: else fi;               /* the kernel releases it, also after a kill */
    round = 0; need_x = 0; need_y = 0; candidate_x = 0; candidate_y = 0;
#if PINS_BEFORE_REFS == 2
    seen_0 = 0; seen_1 = 0;
#endif
    if
    :: g < GCS -> alive--
    :: else ->                                                      /* P3, after the last gc */
       P3_at_rest = !(CHECK(3) && BROKEN_3);
       assert(P3_at_rest)
    fi
  }
}
