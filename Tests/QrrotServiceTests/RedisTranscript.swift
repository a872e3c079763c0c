import Testing

/// Commands, each behind `> `, and below each what Redis 7.0.15 answers to it, as ``Talk`` shows replies.
struct RedisTranscript {
  /// A command and what is answered.
  struct Exchange: Equatable {
    var command: [String]
    var reply: String
  }

  let exchanges: [Exchange]

  init(_ text: String) {
    var exchanges: [Exchange] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("> ") {
        exchanges.append(Exchange(command: Self.words(line.dropFirst(2)), reply: ""))
      } else if let last = exchanges.indices.last {
        exchanges[last].reply += (exchanges[last].reply.isEmpty ? "" : "\n") + line
      }
    }
    self.exchanges = exchanges
  }

  /// The words of a line: between blanks, or between single quotes, which hold anything else.
  private static func words(_ line: Substring) -> [String] {
    var words: [String] = []
    var rest = line
    while let first = rest.first {
      if first == " " {
        rest = rest.dropFirst()
      } else if first == "'" {
        words.append(String(rest.dropFirst().prefix { $0 != "'" }))
        rest = rest.dropFirst(words.last.map { $0.count + 2 } ?? 0)
      } else {
        words.append(String(rest.prefix { $0 != " " }))
        rest = rest.dropFirst(words.last?.count ?? 0)
      }
    }
    return words
  }
}

extension Talk {
  /// Gives the commands of a transcript, and expects its replies.
  func replay(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let transcript = RedisTranscript(text)
    #expect(!transcript.exchanges.isEmpty, sourceLocation: sourceLocation)
    for exchange in transcript.exchanges {
      let reply = self(exchange.command)
      #expect(
        reply == exchange.reply, "\(exchange.command.joined(separator: " "))",
        sourceLocation: sourceLocation)
    }
  }
}
