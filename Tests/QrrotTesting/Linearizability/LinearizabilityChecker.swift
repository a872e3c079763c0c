/// Says whether a concurrent history could have come from a thing that does one call at a time.
///
/// A history is *linearizable* if each call can be given one moment between its begin and its return
/// so that the calls, done one by one in the order of their moments, give the answers that were
/// given (Herlihy and Wing, "Linearizability: A Correctness Condition for Concurrent Objects",
/// TOPLAS 1990).
///
/// The search is that of Wing and Gong ("Testing and Verifying Concurrent Objects", Journal of
/// Parallel and Distributed Computing 17, 1993): of the calls that could come next, try one; go back
/// where a call must have happened before anything that is left. Lowe ("Testing for linearizability",
/// Concurrency and Computation 29, 2017) added the memory: the set of calls done so far and the state
/// they led to, so that no such pair is gone into twice. Histories of things that don't touch one
/// another, such as keys, are judged one by one (Horn and Kroening, "Faster linearizability checking
/// via P-compositionality", FORTE 2015).
///
/// - Complexity: exponential in the number of calls that overlap, in the worst case; hence
///   ``stepLimit``.
public struct LinearizabilityChecker<Model: SequentialModel>: Sendable {
  /// A call of the model's kind.
  public typealias Call = RecordedCall<Model.Input, Model.Output>

  /// What the checker found.
  public enum Verdict: Equatable, Sendable {
    /// There is an order that explains every answer.
    case linearizable
    /// There is none; the longest order that the search found explains this many calls.
    case notLinearizable(explainedCount: Int)
    /// The search was given up after so many steps. It is no success: a test must fail with it.
    case undecided(stepCount: Int)
  }

  /// What the calls must agree with.
  public let model: Model
  /// How many calls may be tried before the search is given up.
  public let stepLimit: Int

  /// Makes a checker.
  public init(_ model: Model, stepLimit: Int = 2_000_000) {
    self.model = model
    self.stepLimit = stepLimit
  }

  /// Judges the whole history at once. Its calls may stand in any order.
  public func check(_ history: [Call]) -> Verdict {
    var search = Search(history: history, model: model)
    return search.run(stepLimit: stepLimit)
  }

  /// Judges the calls of each part by themselves: right if no call touches two parts and the model
  /// keeps the parts apart.
  ///
  /// - Parameter part: what a call touches.
  /// - Returns: the first verdict that is not ``Verdict/linearizable``, if there is one.
  public func check<Part: Hashable>(
    _ history: [Call], partitionedBy part: (Model.Input) -> Part
  ) -> Verdict {
    for calls in Dictionary(grouping: history, by: { part($0.input) }).values {
      let verdict = check(calls)
      if verdict != .linearizable { return verdict }
    }
    return .linearizable
  }
}

extension LinearizabilityChecker {
  /// One walk through the orders of a history.
  private struct Search {
    /// The calls done so far, and the state that they led to.
    struct Place: Hashable {
      var done: CallSet
      var state: Model.State
    }

    let history: [Call]
    let model: Model
    var events: EventList
    var place: Place
    var visited: Set<Place> = []
    /// The calls done so far in order, each with the state before it.
    var path: [(call: Int, before: Model.State)] = []
    var explainedCount = 0

    init(history: [Call], model: Model) {
      self.history = history
      self.model = model
      events = EventList(intervals: history.map { ($0.invoked, $0.returned) })
      place = Place(done: CallSet(capacity: history.count), state: model.initialState)
    }

    mutating func run(stepLimit: Int) -> Verdict {
      var event = events.first
      for _ in 0..<stepLimit {
        guard let current = event else { return .linearizable }
        if events.isInvocation(current) {
          event = tryCall(current) ? events.first : events.event(after: current)
        } else {
          // A call that has returned here is not done yet: what was done last was wrong.
          guard let last = path.popLast() else {
            return .notLinearizable(explainedCount: explainedCount)
          }
          place.done.remove(last.call)
          place.state = last.before
          events.restore(last.call)
          event = events.event(after: events.invocation(of: last.call))
        }
      }
      return .undecided(stepCount: stepLimit)
    }

    /// Does the call that begins with `event`, unless its answer is wrong or this has been tried.
    private mutating func tryCall(_ event: Int) -> Bool {
      let index = events.call(of: event)
      let call = history[index]
      guard
        let state = model.state(after: call.input, answered: call.output, in: place.state)
      else { return false }
      let before = place
      place.done.insert(index)
      place.state = state
      guard visited.insert(place).inserted else {
        place = before
        return false
      }
      path.append((index, before.state))
      explainedCount = max(explainedCount, path.count)
      events.take(index)
      return true
    }
  }
}
