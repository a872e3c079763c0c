"""Whether a history of calls can be explained by an order of them, one at a time: linearizability.

The algorithm is that of Wing and Gong with Lowe's cache: calls are tried in the order of their beginnings, a
call is only taken before the first return that is still open, and a set of calls that has led to a state
before is not tried again.
"""

import model

# A search that takes longer is a failure of the test, never a pass.
STEPS_MAX = 5_000_000


class Undecided(Exception):
    """The search took too long."""


class _Event:
    """The beginning or the end of a call, in a list that calls are taken out of."""

    __slots__ = ("index", "call", "match", "before", "after")

    def __init__(self, index, call):
        self.index, self.call = index, call
        self.match = self.before = self.after = None


def _linked(calls):
    """The events of all calls in the order of time."""
    head = last = _Event(-1, None)
    begins = {}
    moments = sorted(
        [(call.begin, 0, index) for index, call in enumerate(calls)]
        + [(call.end, 1, index) for index, call in enumerate(calls)])
    for _, isEnd, index in moments:
        event = _Event(index, calls[index])
        if isEnd:
            begins[index].match = event
        else:
            begins[index] = event
        last.after, event.before = event, last
        last = event
    return head


def _lift(begin):
    """Takes a call out of the list."""
    for event in (begin, begin.match):
        event.before.after = event.after
        if event.after is not None:
            event.after.before = event.before


def _unlift(begin):
    """Puts it back."""
    for event in (begin.match, begin):
        event.before.after = event
        if event.after is not None:
            event.after.before = event


def is_linearizable(calls, state=(None, None)):
    """Whether some order explains all replies, from `state` on."""
    head = _linked(calls)
    seen, taken, stack = set(), 0, []
    event = head.after
    steps = 0
    while head.after is not None:
        steps += 1
        if steps > STEPS_MAX:
            raise Undecided(f"{len(calls)} calls")
        if event is not None and event.match is not None:
            new, reply = model.run(state, event.call)
            position = (taken | 1 << event.index, new)
            if reply == event.call.reply and position not in seen:
                seen.add(position)
                stack.append((event, state))
                state, taken = new, position[0]
                _lift(event)
                event = head.after
            else:
                event = event.after
            continue
        # A return whose call has not been taken: what was tried before was wrong.
        if not stack:
            return False
        event, state = stack.pop()
        taken &= ~(1 << event.index)
        _unlift(event)
        event = event.after
    return True
