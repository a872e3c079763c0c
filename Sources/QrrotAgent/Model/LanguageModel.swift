public import QrrotCore

/// Something that answers a conversation: a provider's model over the network, a recording, or a
/// script in tests.
public protocol LanguageModel: Sendable {
  /// Who answers, as a person knows it: `Gemini`, `OpenAI`, `Anthropic`, `Ollama at 127.0.0.1:11434`.
  var providerName: String { get }
  /// The model's name, as the provider takes it.
  var modelName: String { get }

  /// Sends a conversation, and hands out what comes back while it comes.
  ///
  /// The stream ends after ``ModelEvent/finished`` or ``ModelEvent/failed(_:)``, which is always its
  /// last event. Whoever stops reading it ends the exchange: the connection is closed.
  func answer(_ request: ModelRequest) -> AsyncStream<ModelEvent>
}

/// What a model is sent.
public struct ModelRequest: Equatable, Sendable {
  /// The system text: the same for every database.
  public var system: String
  /// The conversation, oldest first; the first and the last message are the user's, and the two
  /// roles take turns.
  public var messages: [ModelMessage]
  /// The most tokens of the answer; nil for the provider's own limit.
  public var maximumOutputTokenCount: Int?

  /// Makes a request.
  public init(system: String, messages: [ModelMessage], maximumOutputTokenCount: Int? = nil) {
    self.system = system
    self.messages = messages
    self.maximumOutputTokenCount = maximumOutputTokenCount
  }
}

/// One message of a conversation.
public struct ModelMessage: Equatable, Sendable {
  /// Who speaks.
  public enum Role: String, Sendable {
    /// The person, or the shell on their behalf.
    case user
    /// The model.
    case model
  }

  /// Who speaks.
  public var role: Role
  /// What is said.
  public var text: String

  /// Makes a message.
  public init(_ role: Role, _ text: String) {
    self.role = role
    self.text = text
  }
}

/// What happens while a model answers.
public enum ModelEvent: Equatable, Sendable {
  /// Time has passed: comes every 100 ms at least, so that a spinner turns and Ctrl-C is noticed.
  case waiting
  /// An attempt has failed, and another one follows after so many seconds.
  case retrying(seconds: Double, reason: String)
  /// The next piece of the answer: whole characters, never a thought or another part.
  case text(String)
  /// The provider's count so far; the last one counts.
  case usage(ModelUsage)
  /// The end was seen on the wire: the answer is whole.
  case finished
  /// There is no whole answer: `network`, `provider` or `budget`. What came before is not to be used.
  case failed(QrrotError)
}

/// Tokens as the provider counts them.
public struct ModelUsage: Equatable, Sendable {
  /// Of what was sent; nil where the provider says nothing.
  public var inputTokenCount: Int?
  /// Of the answer, thoughts included; nil where the provider says nothing.
  public var outputTokenCount: Int?

  /// Makes a count.
  public init(inputTokenCount: Int? = nil, outputTokenCount: Int? = nil) {
    self.inputTokenCount = inputTokenCount
    self.outputTokenCount = outputTokenCount
  }
}
