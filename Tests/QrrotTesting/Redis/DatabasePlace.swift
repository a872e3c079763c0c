/// Where the database behind a shell can be. One contract holds in all of them, but for
/// ``PlaceDifference/all``.
public enum DatabasePlace: String, CaseIterable, Sendable {
  /// In this process.
  case embedded
  /// With a `qrrot serve`.
  case served
  /// With a redis-server.
  case redis
  /// In a cluster of redis-servers.
  case cluster

  /// Those that can be tested on this machine: without redis-server those that need none.
  public static let here = allCases.filter { RedisServer.isExpected || !$0.isRedis }

  /// Whether it speaks to Redis.
  public var isRedis: Bool { self == .redis || self == .cluster }
}

/// Something that one place does otherwise than a database of one's own, and has to.
public struct PlaceDifference: Sendable {
  /// The places.
  public var places: Set<DatabasePlace>
  /// What is left out there: a block of a transcript as `FILE/BLOCK`, an example as its command line, or
  /// all commands of a word as `WORD …`.
  public var what: String
  /// Why it has to be.
  public var reason: String

  /// The difference that excuses a place from an example of the command table.
  public static func excuses(example line: String, in place: DatabasePlace) -> Bool {
    let word = line.prefix { $0 != " " }
    return all.contains { $0.places.contains(place) && ($0.what == line || $0.what == "\(word) …") }
  }

  /// The difference that excuses a place from a block of a transcript.
  public static func excuses(
    block: String, of file: String, commands: [String], in place: DatabasePlace
  ) -> Bool {
    let name = "\(file.split(separator: ".").first ?? "")/\(block)"
    return all.contains { difference in
      guard difference.places.contains(place) else { return false }
      return difference.what == name
        || commands.contains { "\($0.prefix { $0 > " " }) …" == difference.what }
    }
  }

  /// All of them; docs/remote.md tells the same.
  public static let all = [
    PlaceDifference(
      places: [.served, .redis, .cluster], what: "save …",
      reason: "files of the database are not this machine's; export writes one"),
    PlaceDifference(
      places: [.served, .redis, .cluster], what: "load …",
      reason: "files of the database are not this machine's; import reads one"),
    PlaceDifference(
      places: [.served, .redis, .cluster], what: "info …",
      reason: "it tells of the server's folder, memory and version"),
  ]
}
