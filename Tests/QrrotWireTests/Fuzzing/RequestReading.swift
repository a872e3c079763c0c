import QrrotCore
import QrrotWire

/// What a reader made of the bytes of one connection, in a form that can be compared and read.
struct RequestReading: Equatable, CustomStringConvertible {
  enum Item: Equatable, CustomStringConvertible {
    case command([[UInt8]])
    case line([UInt8])
    case error(ProtocolError)

    var description: String {
      switch self {
      case .command(let arguments):
        arguments.map { Escaping.displayed($0) }.joined(separator: " | ")
      case .line(let line): "line " + Escaping.displayed(line)
      case .error(let error): "error \(error.message)"
      }
    }
  }

  var items: [Item] = []
  /// How many bytes were done with.
  var byteCount = 0
  /// Of how many arguments something was kept at most.
  var keptCount = 0

  var commands: [[[UInt8]]] {
    items.compactMap { if case .command(let command) = $0 { command } else { nil } }
  }
  var error: ProtocolError? {
    if case .error(let error) = items.last { error } else { nil }
  }
  var description: String {
    items.map(\.description).joined(separator: "\n") + "\n\(byteCount) bytes"
  }

  /// Reads all bytes at once.
  init(
    _ bytes: [UInt8], limits: RequestLimits = .standard,
    isInlineWord: (@Sendable (UnsafeRawBufferPointer) -> Bool)? = nil
  ) {
    self.init(parts: [bytes[...]], limits: limits, isInlineWord: isInlineWord)
  }

  init(
    _ text: String, limits: RequestLimits = .standard,
    isInlineWord: (@Sendable (UnsafeRawBufferPointer) -> Bool)? = nil
  ) {
    self.init(Array(text.utf8), limits: limits, isInlineWord: isInlineWord)
  }

  /// Reads bytes that arrive in parts, keeping what is not done with for the next part.
  ///
  /// - Parameter inBatches: whether complete requests are found by a ``RequestBatch`` where that may be.
  init(
    parts: [ArraySlice<UInt8>], limits: RequestLimits = .standard,
    isInlineWord: (@Sendable (UnsafeRawBufferPointer) -> Bool)? = nil, inBatches: Bool = false
  ) {
    var reader = RequestReader(limits: limits, isInlineWord: isInlineWord)
    var batch = RequestBatch()
    byteCount = Arrivals.feed(parts) { bytes in
      var done = inBatches ? take(bytes, reader, &batch) : 0
      while true {
        let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
        let count = take(rest, &reader, onlyOne: inBatches)
        done += count
        guard inBatches, count > 0, error == nil else { break }
        done += take(UnsafeMutableRawBufferPointer(rebasing: bytes[done...]), reader, &batch)
      }
      return (done, error == nil)
    }
  }

  /// Reads what is there.
  ///
  /// - Returns: How many bytes are done with.
  private mutating func take(
    _ bytes: UnsafeMutableRawBufferPointer, _ reader: inout RequestReader, onlyOne: Bool
  ) -> Int {
    var done = 0
    while !onlyOne || done == 0 {
      let input = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
      do throws(ProtocolError) {
        let step = try reader.next(input)
        keptCount = max(keptCount, reader.arguments.count)
        switch step.outcome {
        case .more: return done
        case .nothing: break
        case .command: items.append(.command(reader.arguments.map { Array(input[$0.range]) }))
        case .line(let range): items.append(.line(Array(input[range])))
        }
        done += step.byteCount
      } catch {
        items.append(.error(error))
        return done
      }
    }
    return done
  }

  /// Takes what a batch finds, batch after batch.
  private mutating func take(
    _ bytes: UnsafeMutableRawBufferPointer, _ reader: RequestReader, _ batch: inout RequestBatch
  ) -> Int {
    var done = 0
    while reader.mayBatch, batch.read(UnsafeRawBufferPointer(rebasing: bytes[done...])) > 0 {
      for place in 0..<batch.count {
        let request = batch[place]
        let start = done
        items.append(
          .command(
            request.arguments.map { argument in
              let range = argument.range
              return Array(bytes[(start + range.lowerBound)..<(start + range.upperBound)])
            }))
        done += request.byteCount
      }
    }
    return done
  }

  /// A command as clients send it.
  static func encoded(_ command: [[UInt8]]) -> [UInt8] {
    var bytes = Array("*\(command.count)\r\n".utf8)
    for argument in command {
      bytes += Array("$\(argument.count)\r\n".utf8) + argument + Array("\r\n".utf8)
    }
    return bytes
  }
}
