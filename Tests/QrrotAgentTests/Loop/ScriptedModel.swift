import QrrotAgent
import QrrotCore
import Synchronization

/// A model that says what a script tells it to, one reply after another, and keeps what it was sent.
final class ScriptedModel: LanguageModel {
  /// What it does when it is asked.
  enum Turn: Sendable {
    /// Says this, and 100 tokens in, 10 out.
    case say(String)
    /// Says what follows from the request.
    case answer(@Sendable (ModelRequest) -> String)
    /// Lets these events happen, and no others.
    case events([ModelEvent])
    /// Does something, then says this.
    case after(@Sendable () async -> Void, say: String)
  }

  let providerName = "Script"
  let modelName = "script-1"
  private let turns: [Turn]
  /// In pieces of so many characters.
  private let pieceLength: Int
  private let state = Mutex<[ModelRequest]>([])

  /// - Parameter turns: the last one is repeated for ever.
  init(_ turns: [Turn], pieceLength: Int = .max) {
    self.turns = turns
    self.pieceLength = pieceLength
  }

  convenience init(_ replies: String..., pieceLength: Int = .max) {
    self.init(replies.map { .say($0) }, pieceLength: pieceLength)
  }

  /// Everything that it was sent.
  var requests: [ModelRequest] { state.withLock { $0 } }

  func answer(_ request: ModelRequest) -> AsyncStream<ModelEvent> {
    let index = state.withLock { requests in
      requests.append(request)
      return requests.count - 1
    }
    let turn = turns[min(index, turns.count - 1)]
    let (stream, continuation) = AsyncStream.makeStream(of: ModelEvent.self)
    switch turn {
    case .say(let text): say(text, continuation)
    case .answer(let body): say(body(request), continuation)
    case .events(let events):
      for event in events { continuation.yield(event) }
      continuation.finish()
    case .after(let body, let text):
      Task {
        await body()
        self.say(text, continuation)
      }
    }
    return stream
  }

  private func say(_ text: String, _ continuation: AsyncStream<ModelEvent>.Continuation) {
    continuation.yield(.waiting)
    var rest = text[...]
    while !rest.isEmpty {
      let piece = rest.prefix(pieceLength)
      rest = rest.dropFirst(piece.count)
      continuation.yield(.text(String(piece)))
    }
    continuation.yield(.usage(ModelUsage(inputTokenCount: 100, outputTokenCount: 10)))
    continuation.yield(.finished)
    continuation.finish()
  }
}
