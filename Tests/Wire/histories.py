"""Histories of 50 clients at the same time, recorded and checked."""

import copy
import random
import time

import checker
import many
import model
import resp

CLIENTS = 50
PAIRS = 12
CALLS = 40
PATIENCE_SECONDS = 120


class Violation(Exception):
    """Something that must not be."""


def record(port, random, clients=CLIENTS, calls=CALLS):
    """Lets all clients make their calls, each waiting for its last reply; returns them by pairs of keys."""
    with resp.Client(port) as control:
        control.ask("FLUSHALL")
    links = many.Many(port, clients)
    underWay, left = {}, {link: calls for link in links.links}
    moment = serial = 0
    done = [[] for _ in range(PAIRS)]

    def begin(link):
        nonlocal moment, serial
        moment += 1
        serial += 1
        call = model.Call(random.randrange(PAIRS), model.choose(random, serial), moment)
        data, count = model.request(call)
        underWay[link] = (call, count, [])
        left[link] -= 1
        link.send(data)

    for link in links.links:
        begin(link)
    end = time.monotonic() + PATIENCE_SECONDS
    while underWay:
        if time.monotonic() > end:
            raise Violation(f"{len(underWay)} clients have no reply after {PATIENCE_SECONDS} s")
        for link, replies in links.wait(1):
            if link.isOver:
                raise Violation("the server closed a connection")
            for reply in replies:
                call, count, found = underWay[link]
                found.append(reply)
                if len(found) < count:
                    continue
                moment += 1
                call.end, call.reply = moment, reply
                check_queued(call, found)
                done[call.pair].append(call)
                if left[link]:
                    begin(link)
                else:
                    del underWay[link]
    links.close()
    return done


def check_queued(call, replies):
    """What comes before the reply of EXEC."""
    if call.isTransaction:
        expected = [model.OK] + [model.QUEUED] * len(call.commands)
        if replies[:-1] != expected:
            raise Violation(f"a transaction was answered with {replies}")


def damaged(calls, random):
    """The same history with a read that says what nobody ever wrote, or what was overwritten long before."""
    calls = copy.deepcopy(calls)
    reads = [call for call in calls if call.commands[0][0] == b"get" and not call.isTransaction]
    if not reads:
        return None
    random.choice(reads).reply = b"nobody's"
    return calls


def lost(calls):
    """The same history with an increment whose reply another one has had: a lost update."""
    calls = copy.deepcopy(calls)
    increments = [call for call in calls if call.commands[0][0] == b"incr" and isinstance(call.reply, int)]
    for one, other in zip(increments, increments[1:]):
        if one.end < other.begin and one.commands == other.commands and one.reply != other.reply:
            between = [
                each for each in calls
                if one.end < each.end and each.begin < other.end and each not in (one, other)
            ]
            if all(each.commands[0][0] in (b"get", b"mget") for each in between):
                other.reply = one.reply
                return calls
    return None


def run(port, rounds, seed, counts):
    """Records and checks so many histories; adds to `counts`."""
    source = random.Random(f"histories/{seed}")
    for number in range(rounds):
        for pair, calls in enumerate(record(port, source)):
            if not checker.is_linearizable(calls):
                raise Violation(f"round {number}, pair {pair}: no order explains {len(calls)} calls\n{shown(calls)}")
            counts["calls"] = counts.get("calls", 0) + len(calls)
            counts["overlaps"] = counts.get("overlaps", 0) + overlaps(calls)
            for wrong in (damaged(calls, source), lost(calls)):
                if wrong is None:
                    continue
                if checker.is_linearizable(wrong):
                    raise Violation("the checker believes a history that is wrong")
                counts["rejected"] = counts.get("rejected", 0) + 1
        counts["histories"] = counts.get("histories", 0) + 1


def overlaps(calls):
    """How many pairs of calls had no order of their own."""
    calls = sorted(calls, key=lambda call: call.begin)
    count = 0
    for index, call in enumerate(calls):
        for other in calls[index + 1 :]:
            if other.begin > call.end:
                break
            count += 1
    return count


def shown(calls):
    return "\n".join(
        f"  {call.begin:6}-{call.end:<6} {call.commands} {resp.show(call.reply)}"
        for call in sorted(calls, key=lambda call: call.begin)[:200])
