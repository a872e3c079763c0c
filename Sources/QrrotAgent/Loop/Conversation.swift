internal import QrrotCore

/// What a model is told of the requests before: the last ones, shortened.
struct Conversation {
  /// A request with its answer.
  struct Exchange {
    /// How the request was put.
    var request: String
    /// Commands and results, shortened.
    var digest: String
    /// What was answered.
    var answer: String
    /// What became of the changes; empty if there were none.
    var consequence: String

    fileprivate var byteCount: Int {
      request.utf8.count + digest.utf8.count + answer.utf8.count + consequence.utf8.count
    }
  }

  private var exchanges: [Exchange] = []

  /// Notes an exchange; the oldest ones go where there are too many, or too much.
  mutating func append(_ exchange: Exchange) {
    var exchange = exchange
    exchange.request = Self.shortened(exchange.request, to: Self.partByteLimit)
    exchange.answer = Self.shortened(exchange.answer, to: Self.partByteLimit)
    exchange.digest = Self.shortened(exchange.digest, to: Self.partByteLimit)
    exchanges.append(exchange)
    while exchanges.count > Self.exchangeLimit
      || exchanges.reduce(0, { $0 + $1.byteCount }) > Self.byteLimit
    {
      exchanges.removeFirst()
    }
  }

  /// The messages that stand for them, oldest first: the user's and the model's in turns.
  func messages(_ block: DataBlock) -> [ModelMessage] {
    exchanges.flatMap { exchange in
      var text = exchange.request
      if !exchange.digest.isEmpty {
        text += "\n\nWhat was run for it, shortened:\n\(block.wrapping(exchange.digest))"
      }
      if !exchange.consequence.isEmpty { text += "\n\n(\(exchange.consequence))" }
      return [ModelMessage(.user, text), ModelMessage(.model, exchange.answer)]
    }
  }

  /// The beginning of a text, at a border between characters, with a mark where it was cut.
  static func shortened(_ text: String, to byteLimit: Int) -> String {
    guard text.utf8.count > byteLimit else { return text }
    var end = text.utf8.index(text.utf8.startIndex, offsetBy: byteLimit)
    while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
      end = text.utf8.index(before: end)
    }
    return "\(text[..<end])… (\(text.utf8.count) bytes in all)"
  }

  private static let exchangeLimit = 8
  private static let byteLimit = 24 << 10
  private static let partByteLimit = 4 << 10
}
