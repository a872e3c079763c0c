internal import Synchronization

/// One call of a concurrent history: what was asked, what was answered, and when.
public struct RecordedCall<Input: Sendable, Output: Sendable>: Sendable {
  /// Which client made the call; a client makes one call at a time.
  public var client: Int
  /// What was asked.
  public var input: Input
  /// What was answered.
  public var output: Output
  /// The moment before the call began, on the history's ``HistoryClock``.
  public var invoked: Int
  /// The moment after it had returned; above `invoked`.
  public var returned: Int

  /// Makes a call, for a history that is written by hand.
  public init(client: Int, input: Input, output: Output, invoked: Int, returned: Int) {
    precondition(invoked < returned, "a call returns after it was invoked")
    self.client = client
    self.input = input
    self.output = output
    self.invoked = invoked
    self.returned = returned
  }
}

extension RecordedCall: CustomStringConvertible {
  /// `12…15  client 1  INPUT → OUTPUT`
  public var description: String {
    "\(invoked)…\(returned)  client \(client)  \(input) → \(output)"
  }
}

/// The time of a history: a counter that all its threads share.
///
/// Each moment is given once, and all threads agree on the order, which no clock of the system
/// promises. A call that has drawn its last moment before another one draws its first has returned
/// before that one began. The counter orders the threads' memory too, so the thread sanitizer sees
/// fewer races while a history is recorded: look for races in tests that record none.
public final class HistoryClock: Sendable {
  private let moment = Atomic<Int>(0)

  /// A clock at its start.
  public init() {}

  /// The next moment.
  public func tick() -> Int {
    moment.add(1, ordering: .sequentiallyConsistent).newValue
  }
}

/// What one client writes down of its calls. Each client has its own, so that writing down costs the
/// others nothing but the clock.
public struct CallRecorder<Input: Sendable, Output: Sendable>: Sendable {
  private let client: Int
  private let clock: HistoryClock
  /// The calls so far, in order.
  public private(set) var calls: [RecordedCall<Input, Output>] = []

  /// A recorder for `client`, with room for `capacity` calls.
  public init(client: Int, clock: HistoryClock, capacity: Int) {
    self.client = client
    self.clock = clock
    calls.reserveCapacity(capacity)
  }

  /// Makes a call and writes it down.
  public mutating func record(_ input: Input, _ body: (Input) -> Output) {
    let invoked = clock.tick()
    let output = body(input)
    let returned = clock.tick()
    calls.append(
      RecordedCall(
        client: client, input: input, output: output, invoked: invoked, returned: returned))
  }
}
