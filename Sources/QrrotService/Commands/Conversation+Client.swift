internal import QrrotCore
internal import QrrotStore
internal import QrrotWire
internal import Synchronization

/// `CLIENT`.
extension Conversation {
  mutating func runClient(_ words: Arguments) throws(RedisError) {
    switch true {
    case words.isWord(1, "id"): writer.integer(Int64(client.id))
    case words.isWord(1, "getname"):
      let name = client.labels.value.name
      if name.isEmpty { writer.null() } else { writer.bulk(name) }
    case words.isWord(1, "setname"):
      guard Self.isLabel(words[2]) else { throw Self.invalidName }
      let name = Array(words[2])
      client.labels.withLock { $0.name = name }
      writer.simple("OK")
    case words.isWord(1, "setinfo"): try setClientInfo(words)
    case words.isWord(1, "info"): writer.verbatim(describe(client, words) + "\n")
    case words.isWord(1, "list"): try listClients(words)
    case words.isWord(1, "kill"): try killClients(words)
    case words.isWord(1, "reply"): try setReplyMode(words)
    case words.isWord(1, "no-evict"):
      client.isSpared.store(try Self.isOn(words), ordering: .relaxed)
      writer.simple("OK")
    case words.isWord(1, "no-touch"):
      // There is nothing to leave untouched: no key is put out, so nobody notes when it was used.
      _ = try Self.isOn(words)
      writer.simple("OK")
    default: writeHelp(of: .client)
    }
  }

  /// The lines of `HELP`.
  mutating func writeHelp(of command: RedisCommand) {
    let lines = RedisSubcommandSpec.help(of: command)
    writer.array(count: lines.count)
    for line in lines { writer.simple(line) }
  }

  private static func isOn(_ words: Arguments) throws(RedisError) -> Bool {
    if words.isWord(2, "on") { return true }
    guard words.isWord(2, "off") else { throw .syntax }
    return false
  }

  private mutating func setReplyMode(_ words: Arguments) throws(RedisError) {
    if words.isWord(2, "on") {
      replyMode = .on
      writer.simple("OK")
    } else if words.isWord(2, "off") {
      replyMode = .off
    } else if words.isWord(2, "skip") {
      if replyMode != .off { replyMode = .skipsNext }
    } else {
      throw .syntax
    }
  }

  private mutating func setClientInfo(_ words: Arguments) throws(RedisError) {
    let isName = words.isWord(2, "lib-name")
    guard isName || words.isWord(2, "lib-ver") else {
      throw RedisError("Unrecognized option '\(words.text(2))'")
    }
    guard Self.isLabel(words[3]) else {
      throw RedisError(
        "\(words.text(2)) cannot contain spaces, newlines or special characters.")
    }
    let value = Array(words[3])
    client.labels.withLock { labels in
      if isName { labels.libraryName = value } else { labels.libraryVersion = value }
    }
    writer.simple("OK")
  }

  // MARK: - LIST

  private mutating func listClients(_ words: Arguments) throws(RedisError) {
    var clients = service.clients.all
    if words.count == 4, words.isWord(2, "type") {
      if try !Self.isNormal(words, 3) { clients = [] }
    } else if words.count > 3, words.isWord(2, "id") {
      var wanted: Set<UInt64> = []
      for index in 3..<words.count {
        guard let id = words.integer(index), let id = UInt64(exactly: id), id > 0 else {
          throw RedisError("Invalid client ID")
        }
        wanted.insert(id)
      }
      clients.removeAll { !wanted.contains($0.id) }
    } else if words.count != 2 {
      throw .syntax
    }
    writer.verbatim(clients.map { describe($0, words) + "\n" }.joined())
  }

  /// Whether a type is the one that all clients have here.
  ///
  /// - Throws: if there is no such type.
  private static func isNormal(_ words: Arguments, _ index: Int) throws(RedisError) -> Bool {
    if words.isWord(index, "normal") { return true }
    guard
      words.isWord(index, "master") || words.isWord(index, "slave")
        || words.isWord(index, "replica") || words.isWord(index, "pubsub")
    else { throw RedisError("Unknown client type '\(words.text(index))'") }
    return false
  }

  /// The line of `CLIENT LIST`. What Redis has and we have not, such as a buffer of fixed size, is 0.
  private func describe(_ other: ClientRecord, _ words: Arguments) -> String {
    let now = service.configuration.clock.milliseconds()
    let labels = other.labels.value
    func label(_ text: [UInt8]) -> String { String(decoding: text, as: UTF8.self) }
    let isSelf = other === client
    let command = isSelf ? RedisCommand.client.rawValue : other.lastCommand.load(ordering: .relaxed)
    let input = isSelf ? words.byteCount : other.inputByteCount.load(ordering: .relaxed)
    let output = other.outputByteCount.load(ordering: .relaxed)
    let queued = other.queuedCount.load(ordering: .relaxed)
    var flags = ""
    if other.isMonitor.load(ordering: .relaxed) { flags += "O" }
    if queued >= 0 { flags += "x" }
    if other.isSpared.load(ordering: .relaxed) { flags += "e" }
    return [
      "id=\(other.id)", "addr=\(other.address)", "laddr=\(other.localAddress)", "fd=-1",
      "name=\(label(labels.name))", "age=\(max(0, now - other.connectedAt) / 1_000)",
      "idle=\(isSelf ? 0 : other.idleMilliseconds(at: now) / 1_000)",
      "flags=\(flags.isEmpty ? "N" : flags)", "db=0", "sub=0", "psub=0", "ssub=0",
      "multi=\(queued)", "qbuf=\(input)",
      "qbuf-free=0", "argv-mem=0", "multi-mem=0", "rbs=0", "rbp=0", "obl=0", "oll=0",
      "omem=\(output)", "tot-mem=\(input + output)", "events=r",
      "cmd=\(Self.commandText(command, labels.subcommand))", "user=default", "redir=-1",
      "resp=\(other.protocolVersion.load(ordering: .relaxed))",
      "lib-name=\(label(labels.libraryName))", "lib-ver=\(label(labels.libraryVersion))",
      "watch=\(other.watchedCount.load(ordering: .relaxed))",
    ].joined(separator: " ")
  }

  private static func commandText(_ rawValue: UInt8, _ subcommand: String) -> String {
    guard let command = RedisCommand(rawValue: rawValue) else { return "NULL" }
    guard RedisCommandIndex.shared[command].flags.contains(.container), !subcommand.isEmpty
    else { return command.text }
    return command.text + "|" + subcommand
  }

  // MARK: - KILL

  private mutating func killClients(_ words: Arguments) throws(RedisError) {
    let filter = try ClientFilter(words)
    var count = 0
    for other in service.clients.all where filter.matches(other) {
      if other === client {
        guard !filter.skipsSelf else { continue }
        // It is told so first.
        ending = .quit
      } else {
        other.actions.close()
      }
      count += 1
    }
    if filter.isOldForm {
      guard count > 0 else { throw RedisError("No such client") }
      writer.simple("OK")
    } else {
      writer.integer(Int64(count))
    }
  }

  /// Which clients `CLIENT KILL` means.
  private struct ClientFilter {
    private var id: UInt64?
    private var address: String?
    private var localAddress: String?
    private var isNormal = true
    private(set) var skipsSelf = true
    private(set) var isOldForm = false

    init(_ words: Arguments) throws(RedisError) {
      if words.count == 3 {
        address = words.text(2)
        skipsSelf = false
        isOldForm = true
        return
      }
      for index in stride(from: 2, to: words.count, by: 2) {
        guard index + 1 < words.count else { throw .syntax }
        try read(words, at: index)
      }
    }

    private mutating func read(_ words: Arguments, at index: Int) throws(RedisError) {
      switch true {
      case words.isWord(index, "id"):
        guard let number = words.integer(index + 1), number > 0 else {
          throw RedisError("client-id should be greater than 0")
        }
        id = UInt64(number)
      case words.isWord(index, "addr"): address = words.text(index + 1)
      case words.isWord(index, "laddr"): localAddress = words.text(index + 1)
      case words.isWord(index, "type"):
        isNormal = try Conversation.isNormal(words, index + 1)
      case words.isWord(index, "user"):
        guard words.text(index + 1) == "default" else {
          throw RedisError("No such user '\(words.text(index + 1))'")
        }
      case words.isWord(index, "skipme"):
        if words.isWord(index + 1, "yes") {
          skipsSelf = true
        } else if words.isWord(index + 1, "no") {
          skipsSelf = false
        } else {
          throw .syntax
        }
      default: throw .syntax
      }
    }

    func matches(_ client: ClientRecord) -> Bool {
      isNormal && (id ?? client.id) == client.id && (address ?? client.address) == client.address
        && (localAddress ?? client.localAddress) == client.localAddress
    }
  }
}
