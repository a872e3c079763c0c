internal import QrrotWire

/// `COMMAND GETKEYS` and `COMMAND GETKEYSANDFLAGS`: which words of a command are keys.
extension Conversation {
  mutating func writeKeys(_ words: Arguments, withFlags: Bool) throws(RedisError) {
    guard let entry = index.find(words[2]) else {
      throw RedisError("Invalid command specified")
    }
    let count = words.count - 2
    guard let places = entry.keyPlaces(in: count).map(Array.init) else {
      throw RedisError("The command has no key arguments")
    }
    guard entry.allows(count) else {
      throw RedisError("Invalid number of arguments specified for command")
    }
    let specs = entry.command.keySpecs
    writer.array(count: places.count)
    for (position, place) in places.enumerated() {
      guard withFlags else {
        writer.bulk(words[place + 2])
        continue
      }
      writer.array(count: 2)
      writer.bulk(words[place + 2])
      let access =
        entry.command == .set
        ? Self.accessOfSet(words) : specs[min(position, specs.count - 1)].access
      writer.set(count: access.count)
      for word in access { writer.simple(word) }
    }
  }

  /// What a SET does, whose options decide it: `words` are those of `COMMAND GETKEYSANDFLAGS`.
  private static func accessOfSet(_ words: Arguments) -> [String] {
    // As Redis does it: anything behind the value that reads GET.
    let optionStart = 5
    guard words.count > optionStart,
      (optionStart..<words.count).contains(where: { words.isWord($0, "get") })
    else { return ["OW", "update"] }
    return ["RW", "access", "update"]
  }
}
