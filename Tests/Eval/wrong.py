"""Scripts that are wrong on purpose: a check that lets one of them pass is a check of nothing."""

import copy


def entries(script):
    """The replies of a script as objects, so that they can be changed."""
    return [{"say": reply} if isinstance(reply, str) else copy.deepcopy(reply) for reply in script]


def silent(task):
    """Says that all is done, and does nothing."""
    return ["Done."] * len(task.requests)


def stray(task):
    """Does what is asked, and one thing more."""
    if task.word == "ask":
        return None
    script = entries(task.script)
    more = "QUERY WRITE: put eval:stray 1"
    for reply in script:
        if "QUERY " in reply["say"]:
            # Behind the last tag, for one of them may be a `clear`.
            last = "after" if "each" in reply else "say"
            reply[last] = reply.get(last, "") + "\n" + more
            return script
    return [{"say": more}, *script]


def incomplete(task):
    """Leaves out the last of the writes."""
    if not task.writes():
        return None
    script = entries(task.script)
    for reply in reversed(script):
        if "QUERY WRITE" not in reply["say"]:
            continue
        if "each" in reply:
            reply["omit"] = 1
        else:
            lines = reply["say"].split("\n")
            lines.remove([line for line in lines if "QUERY WRITE" in line][-1])
            reply["say"] = "\n".join(lines) or "QUERY READ: size"
        return script
    return None


def miscounted(task):
    """Gives numbers that are one too high in the last answer."""
    if not task.answers[-1].get("numbers"):
        return None
    script = entries(task.script)
    script[-1]["shift"] = 1
    # What is written as a word is not shifted.
    words = {"three": "four", "Three": "Four"}
    for word, other in words.items():
        script[-1]["say"] = script[-1]["say"].replace(word, other)
    return script


GENERAL = (silent, stray, incomplete, miscounted)


def scripts(task):
    """Every wrong script of a task, each with what is wrong about it."""
    for make in GENERAL:
        script = make(task)
        if script is not None:
            yield make.__name__, script
    for wrong in task.wrong:
        yield wrong["why"], wrong["script"]
