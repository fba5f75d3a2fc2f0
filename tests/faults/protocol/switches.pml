/* Each switch is a choice of the protocol, or a size of the system that is searched.
 *
 * The defaults are the product's protocol. tests/faults/protocol/test_model.py names the combinations that are tried, and what
 * must come out.
 */

/* The size of the system. */
#ifndef WRITERS
#define WRITERS 1       /* 0: none; 1: writer 0; 2: both; 3: writer 1 alone */
#endif
#ifndef DELETES
#define DELETES 1       /* at most so many, the same for undeletes */
#endif
#ifndef UNDELETES
#define UNDELETES 1
#endif
#ifndef TARGET
#define TARGET 2        /* the snapshot that is deleted */
#endif
#ifndef GCS
#define GCS 1           /* besides the last one, which runs when all else has stopped */
#endif
#ifndef ROUNDS
#define ROUNDS 1        /* of each gc */
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef READER
#define READER 0
#endif
#ifndef ROT
#define ROT 0           /* 1: X is damaged at the start, and no snapshot holds it */
#endif
#ifndef REPAIR
#define REPAIR 0        /* a damaged object is: 1 replaced by a good copy; 2 removed, for there is no copy */
#endif
#ifndef ONLY
#define ONLY 0          /* check this property alone; 0: all */
#endif

/* create */
#ifndef PIN_FIRST
#define PIN_FIRST 1     /* 0: the pin is made after the objects */
#endif
#ifndef FENCE
#define FENCE 1         /* publish fails when the pin is gone */
#endif
#ifndef MOVE_PIN
#define MOVE_PIN 0      /* 1: publish renames the pin instead of linking it */
#endif

/* undelete */
#ifndef LOOK_AFTER
#define LOOK_AFTER 1    /* after the unlink: 1 no claim, no mark, the ref is there, seen at one instant (under the lock
                         * that listers share); 2 no claim, then the ref; 3 the ref, then no claim; 0 nothing */
#endif
#ifndef LOOK_BEFORE
#define LOOK_BEFORE 0   /* before the unlink: is there a claim? */
#endif

/* gc */
#ifndef LOCK
#define LOCK 1
#endif
#ifndef RUNS
#define RUNS 1          /* a quarantine directory for each gc; 0: one for all */
#endif
#ifndef LEFTOVERS
#define LEFTOVERS 1     /* put back what is in anybody's quarantine first */
#endif
#ifndef CLAIM
#define CLAIM 1         /* 1 rename the mark; 0 do not claim; 2 unlink the mark */
#endif
#ifndef READ_CLAIM
#define READ_CLAIM 1    /* is it the mark that was found expired? else put it back; 2: not if a dead gc claimed it */
#endif
#ifndef FORGET
#define FORGET 2        /* the claim goes: 0 before the ref; 1 right after it; 2 at the very end */
#endif
#ifndef PINS_BEFORE_REFS
#define PINS_BEFORE_REFS 1  /* 0: listed after; 2: their names before, but what is in them read after */
#endif
#ifndef DELETED_ARE_ROOTS
#define DELETED_ARE_ROOTS 1
#endif
#ifndef ASIDE
#define ASIDE 1         /* to quarantine: 0 not at all; 1 link, unlink if what was linked is intact; 2 link, unlink; 3 rename */
#endif
#ifndef BACK
#define BACK 1          /* from quarantine: 1 link, unlink; 2 rename that fails if there is one; 3 rename that replaces */
#endif
#ifndef BATCH
#define BATCH 0         /* 1: one object after the other goes all the way; 0: all go together */
#endif
#ifndef RELIST
#define RELIST 1        /* list again before anything is removed for good */
#endif

/* reader */
#ifndef LOOKS
#define LOOKS 6         /* objects and quarantine by turns */
#endif
#ifndef QUARANTINE_READ
#define QUARANTINE_READ 1
#endif
