/// The three ways in which models are spoken to.
public enum WireFormat: String, CaseIterable, Sendable {
  /// Gemini's `streamGenerateContent`.
  case gemini
  /// OpenAI's chat completions, which most servers speak.
  case openai
  /// Anthropic's messages.
  case anthropic
}

/// A model, where it is reached, and what goes with every request to it.
public struct WireEndpoint: Sendable {
  /// How it is spoken to.
  public var format: WireFormat
  /// The base of the addresses, without a slash at its end: for OpenAI's with `/v1`, for the others
  /// without a version.
  public var base: String
  /// The model, as the provider calls it.
  public var model: String
  /// The key; nil where none is asked for.
  public var key: Secret?
  /// The sampling temperature; nil sends none.
  public var temperature: Double?
  /// Whether it is OpenAI itself, which has names of its own for some options.
  public var isOpenAI: Bool

  /// Describes a model.
  public init(
    _ format: WireFormat, base: String, model: String, key: Secret? = nil,
    temperature: Double? = nil, isOpenAI: Bool = false
  ) {
    self.format = format
    self.base = base
    self.model = model
    self.key = key
    self.temperature = temperature
    self.isOpenAI = isOpenAI
  }
}
