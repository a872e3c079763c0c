import QrrotAgent
import QrrotCore
import Synchronization

/// A model that says what the script says, one reply a round, and remembers what it was sent.
final class ModelScript: LanguageModel {
  let providerName: String
  let modelName: String
  private let state: Mutex<(replies: [[ModelEvent]], requests: [ModelRequest])>
  /// Called when the model is asked, with how often it was before.
  private let willAnswer: @Sendable (Int) -> Void

  init(
    _ replies: [[ModelEvent]], providerName: String = "Script", modelName: String = "script-1",
    willAnswer: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    state = Mutex((replies, []))
    self.providerName = providerName
    self.modelName = modelName
    self.willAnswer = willAnswer
  }

  /// Whole replies, each counted as 100 tokens sent and 10 answered.
  convenience init(_ texts: String..., willAnswer: @escaping @Sendable (Int) -> Void = { _ in }) {
    self.init(texts.map(Self.reply), willAnswer: willAnswer)
  }

  static func reply(_ text: String) -> [ModelEvent] {
    // One piece a character: borders are anywhere.
    text.map { .text(String($0)) } + [
      .usage(ModelUsage(inputTokenCount: 100, outputTokenCount: 10)), .finished,
    ]
  }

  /// What it was sent so far.
  var requests: [ModelRequest] { state.withLock { $0.requests } }

  func answer(_ request: ModelRequest) -> AsyncStream<ModelEvent> {
    let (events, index) = state.withLock { state in
      state.requests.append(request)
      let index = state.requests.count - 1
      let isOver = index >= state.replies.count
      return (
        isOver ? [.failed(QrrotError(.provider, "the script is over"))] : state.replies[index],
        index
      )
    }
    willAnswer(index)
    return AsyncStream { continuation in
      for event in events { continuation.yield(event) }
      continuation.finish()
    }
  }
}

/// A directory with one model, or what else is to be selected.
struct ScriptedDirectory: ModelDirectory {
  var keys: [String] = []
  /// Gives what a configuration selects.
  var selection: @Sendable (ModelConfiguration) throws(QrrotError) -> ModelSelection

  init(_ model: ModelScript, keys: [String] = []) {
    self.init(keys: keys) { (_: ModelConfiguration) throws(QrrotError) in .ready(model) }
  }

  init(
    keys: [String] = [],
    _ selection: @escaping @Sendable (ModelConfiguration) throws(QrrotError) -> ModelSelection
  ) {
    self.keys = keys
    self.selection = selection
  }

  func select(_ configuration: ModelConfiguration) async throws(QrrotError) -> ModelSelection {
    try selection(configuration)
  }

  func secrets(_ configuration: ModelConfiguration) -> [Secret] {
    keys.map(Secret.init) + (configuration.typedKey.map { [$0.key] } ?? [])
  }
}
