import QrrotCore
import QrrotTesting
import QrrotWire
import Testing

@testable import QrrotRemote

extension RedisChunk {
  /// The replies in some bytes; nil if they are no whole ones.
  convenience init?(reading bytes: [UInt8]) {
    var reader = ReplyReader()
    var nodes: [ReplyNode] = []
    var starts: [RedisChunk.Start] = []
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { bytes in
        try? reader.next(UnsafeRawBufferPointer(rebasing: bytes[done...]))
      }
      guard let count else { return nil }
      starts.append(RedisChunk.Start(node: UInt32(nodes.count), base: UInt32(done)))
      nodes += reader.nodes
      done += count
    }
    self.init(bytes: bytes, nodes: nodes, starts: starts)
  }
}

@Suite("Requests and replies of Redis")
struct RedisReplyTests {
  @Test("the parts of replies that came together")
  func parts() throws {
    let text =
      "+OK\r\n*3\r\n$1\r\na\r\n:7\r\n_\r\n*2\r\n*2\r\n+x\r\n+y\r\n%1\r\n+k\r\n*0\r\n-ERR no\r\n"
    let chunk = try #require(RedisChunk(reading: Array(text.utf8)))
    #expect(chunk.count == 4)
    #expect(chunk[0].text == "OK" && chunk[0].count == 0 && !chunk[0].isError)
    let flat = chunk[1]
    #expect(flat.count == 3 && flat[0].content == [97] && flat[1].integer == 7 && flat[2].isNull)
    let deep = chunk[2]
    #expect(deep[0][1].text == "y" && deep[1][0].text == "k" && deep[1][1].count == 0)
    var kinds: [ReplyNode.Kind] = []
    deep.forEach { kinds.append($0.kind) }
    #expect(kinds == [.array, .map])
    #expect(chunk[3].error == "ERR no" && chunk[3].isError("ERR") && !chunk[3].isError("MOVED"))
    #expect(chunk[3].withContent { $0.count } == 6)
  }

  @Test("replies that come in pieces, wherever they are cut")
  func pieces() {
    let text =
      "+ONE\r\n>2\r\n+invalidate\r\n_\r\n*2\r\n$3\r\na\r\n\r\n:-5\r\n%1\r\n+k\r\n(12\r\n$0\r\n\r\n"
    let bytes = Array(text.utf8)
    for size in 1...bytes.count {
      let line = RedisLine()
      let mailbox = Mailbox<RedisLetter>()
      #expect(line.ask(mailbox, part: 0, count: 1))
      #expect(line.ask(mailbox, part: 1, count: 3))
      var feed = RedisFeed()
      for start in stride(from: 0, to: bytes.count, by: size) {
        let piece = bytes[start..<min(bytes.count, start + size)]
        #expect(piece.withUnsafeBytes { feed.take($0, for: line) } == nil)
      }
      var replies: [(RedisReply, Int)] = []
      while case .replies(let chunk, let range, let part)? = mailbox.takeAtOnce() {
        for index in range { replies.append((chunk[index], part)) }
      }
      #expect(replies.map(\.1) == [0, 1, 1, 1])
      #expect(replies[0].0.text == "ONE" && replies[1].0[0].content == [97, 13, 10])
      #expect(replies[1].0[1].integer == -5 && replies[2].0[1].text == "12")
      #expect(replies[3].0.content.isEmpty && replies[3].0.kind == .bulk)
      #expect(line.isIdle)
    }
  }

  @Test("whatever comes, replies can be looked at, or the connection is at its end")
  func rubbish() {
    let text =
      "*2\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$1\r\nh\r\n:7\r\n*0\r\n_\r\n%1\r\n+server\r\n+x\r\n-MOVED 1 h:1\r\n"
    let host = RedisAddress.Host(host: "h", port: 1)
    var generator = SeededGenerator(seed: 8)
    var endCount = 0
    for _ in 0..<2_000 {
      var bytes = Array(text.utf8)
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[index] =
          Array("0123459*%$+-:_~>|#,(=!hx\r\n".utf8).randomElement(using: &generator) ?? 0
      }
      let line = RedisLine()
      let mailbox = Mailbox<RedisLetter>()
      #expect(line.ask(mailbox, part: 0, count: 3))
      var feed = RedisFeed()
      if bytes.withUnsafeBytes({ feed.take($0, for: line) }) != nil { endCount += 1 }
      while case .replies(let chunk, let range, _)? = mailbox.takeAtOnce() {
        for index in range {
          let reply = chunk[index]
          _ = RedisTopology(slots: reply, from: host)
          _ = RedisRefusal(reply, from: host, hasOthers: true)
          reply.forEach { _ = ($0.text, $0.integer, $0.count) }
          for child in 0..<reply.count { _ = reply[child].content }
        }
      }
    }
    #expect((100..<1_900).contains(endCount))
  }

  @Test("a reply of very many parts")
  func manyParts() {
    let count = 200_000
    let bytes =
      Array("*\(count)\r\n".utf8) + Array(repeatElement(":7\r\n".utf8, count: count).joined())
    let line = RedisLine()
    let mailbox = Mailbox<RedisLetter>()
    #expect(line.ask(mailbox, part: 0, count: 1))
    var feed = RedisFeed()
    for start in stride(from: 0, to: bytes.count, by: 65_536) {
      let piece = bytes[start..<min(bytes.count, start + 65_536)]
      #expect(piece.withUnsafeBytes { feed.take($0, for: line) } == nil)
    }
    guard case .replies(let chunk, _, _)? = mailbox.takeAtOnce() else {
      Issue.record("nothing came")
      return
    }
    #expect(chunk[0].count == count && chunk[0][count - 1].integer == 7)
  }

  @Test("the bytes, slots and keys of requests")
  func requests() {
    var batch = RedisBatch()
    batch.append("GET", Array("foo".utf8), isRead: true)
    batch.append("DBSIZE", isRead: true)
    let words = ["EVAL", "x", "1", "{foo}a"].map { Array($0.utf8) }
    batch.append(words, key: 3, isRead: false)
    #expect(batch.entries.map(\.slot) == [12_182, -1, 12_182])
    #expect(batch.entries.map(\.isRead) == [true, true, false])
    #expect(batch.bytes[batch.range(1)].elementsEqual("*1\r\n$6\r\nDBSIZE\r\n".utf8))
    #expect(batch.key(0).elementsEqual("foo".utf8) && batch.key(2).elementsEqual("{foo}a".utf8))
    #expect(RedisParcel.bytes(of: [0, 1, 2], batch) == batch.bytes)
    #expect(
      RedisParcel.bytes(of: [0, 2], batch)
        == Array(batch.bytes[batch.range(0)] + batch.bytes[batch.range(2)]))
    batch.removeAll()
    #expect(batch.isEmpty && batch.bytes.isEmpty)
  }

  @Test("ASKING stands in front of each request, and of a transaction once")
  func asking() {
    let parcel = RedisParcel(
      asking: batch("WATCH a", "GET a", "MULTI", "SET a 1", "EXEC", "GET a"), nil)
    let a = true
    #expect(
      parcel.askings == [a, false, a, false, a, false, false, false, a, false])
    let text = String(decoding: parcel.bytes, as: UTF8.self)
    #expect(text.components(separatedBy: "ASKING").count == 5)
  }
}

extension String {
  fileprivate func components(separatedBy text: String) -> [Substring] {
    var parts: [Substring] = []
    var rest = self[...]
    while let range = rest.firstRange(of: text) {
      parts.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    return parts + [rest]
  }
}
