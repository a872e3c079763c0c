/// The begins and returns of calls in the order of time, as a list that calls can be taken out of
/// and put back into, the last taken first.
///
/// Events are numbered from 1; 0 is the place in front of the first, and also the end.
struct EventList {
  private var nextEvents: [Int]
  private var previousEvents: [Int]
  private var calls: [Int] = [0]
  private var invocations: [Int]
  private var returns: [Int]

  /// The events of calls that begin and end at these moments.
  init(intervals: [(invoked: Int, returned: Int)]) {
    let count = intervals.count * 2
    nextEvents = (0...count).map { $0 == count ? 0 : $0 + 1 }
    previousEvents = (0...count).map { $0 == 0 ? count : $0 - 1 }
    invocations = Array(repeating: 0, count: intervals.count)
    returns = invocations
    var events: [(moment: Int, isReturn: Int, call: Int)] = []
    for (call, interval) in intervals.enumerated() {
      events.append((interval.invoked, 0, call))
      events.append((interval.returned, 1, call))
    }
    // Of two events at one moment the begin comes first: then the calls overlap, which forbids less.
    events.sort { ($0.moment, $0.isReturn) < ($1.moment, $1.isReturn) }
    for (index, event) in events.enumerated() {
      calls.append(event.call)
      if event.isReturn == 0 {
        invocations[event.call] = index + 1
      } else {
        returns[event.call] = index + 1
      }
    }
  }

  /// The first event that is left, if any.
  var first: Int? { event(after: 0) }

  /// The event after another one, or after where another one was before it was taken.
  func event(after event: Int) -> Int? {
    let next = nextEvents[event]
    return next == 0 ? nil : next
  }

  func isInvocation(_ event: Int) -> Bool { invocations[calls[event]] == event }

  func call(of event: Int) -> Int { calls[event] }

  func invocation(of call: Int) -> Int { invocations[call] }

  /// Takes both events of a call out.
  mutating func take(_ call: Int) {
    for event in [invocations[call], returns[call]] {
      nextEvents[previousEvents[event]] = nextEvents[event]
      previousEvents[nextEvents[event]] = previousEvents[event]
    }
  }

  /// Puts the events of the call that was taken last back.
  mutating func restore(_ call: Int) {
    for event in [returns[call], invocations[call]] {
      nextEvents[previousEvents[event]] = event
      previousEvents[nextEvents[event]] = event
    }
  }
}

/// A set of calls by their numbers, one bit each.
struct CallSet: Hashable {
  private var words: [UInt64]

  init(capacity: Int) {
    words = Array(repeating: 0, count: (capacity + 63) / 64)
  }

  mutating func insert(_ call: Int) { words[call >> 6] |= 1 << UInt64(call & 63) }

  mutating func remove(_ call: Int) { words[call >> 6] &= ~(1 << UInt64(call & 63)) }
}
