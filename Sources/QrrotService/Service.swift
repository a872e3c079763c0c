internal import QrrotCore
public import QrrotStore
internal import QrrotWire
internal import Synchronization

/// What all clients of a server have in common: the database, who else is connected, what is counted.
///
/// It knows no network: a transport makes a ``Conversation`` for each connection, hands it the bytes
/// that come and sends those that it answers.
public final class Service: Sendable {
  /// How the server is set up.
  public let configuration: ServiceConfiguration
  /// The database.
  public let engine: LocalEngine
  /// Who is connected.
  public let clients = ClientRegistry()
  /// What is counted.
  public let statistics = ServiceStatistics()
  /// The memory of all clients' replies.
  public let replyBudget: ReplyBudget
  private let waitingInput = Atomic<Int>(0)
  private let listeningPort = Atomic<Int>(0)
  /// Carries out what would keep an event loop from others.
  let workers = CallWorkers()
  /// When it was made, in milliseconds since 1970.
  let startedAt: Int64
  /// What tells this run of the server from others: 40 hexadecimal digits.
  let runID = Service.randomID()
  /// What INFO says of the system; asked for once.
  let system = SystemFacts()
  /// How often each error was answered, by its first word.
  let errorCounts = ErrorCounts()
  /// How many snapshots are being written on threads of their own: none or one.
  let savingCount = Guarded(0)
  /// Where what happens is told; each call is one event.
  public let journal: any ServiceJournal

  /// Makes a service.
  public init(
    engine: LocalEngine, configuration: ServiceConfiguration = ServiceConfiguration(),
    journal: any ServiceJournal = SilentJournal()
  ) {
    self.engine = engine
    self.configuration = configuration
    self.journal = journal
    startedAt = configuration.clock.milliseconds()
    statistics.lastSave.store(startedAt, ordering: .relaxed)
    replyBudget = ReplyBudget(
      clientByteCount: configuration.replyByteCount,
      totalByteCount: configuration.totalReplyByteCount)
  }

  /// Takes in a new client.
  ///
  /// - Returns: nil if there are as many as there may be: it is to be told ``refusalOfClients`` and closed.
  public func admit(
    address: String, localAddress: String, actions: ClientRecord.Actions
  ) -> ClientRecord? {
    let record = clients.add(
      limit: configuration.clientLimit, address: address, localAddress: localAddress,
      now: configuration.clock.milliseconds(), actions: actions)
    if record != nil {
      statistics.connections.add(1, ordering: .relaxed)
    } else {
      statistics.refusedConnections.add(1, ordering: .relaxed)
      journal.note(.clientRefused(address: address, reason: "max-clients"))
    }
    return record
  }

  /// What a client is told for which there is no room.
  public static let refusalOfClients = Array("-ERR max number of clients reached\r\n".utf8)

  /// Notes bytes that have come and wait to be read as commands, or fewer of them.
  public func countInput(_ byteCount: Int) {
    waitingInput.add(byteCount, ordering: .relaxed)
  }

  /// The port that clients come to.
  var port: Int {
    let port = listeningPort.load(ordering: .relaxed)
    return port > 0 ? port : configuration.port
  }

  /// Notes the port that clients come to, where the system has chosen it.
  public func noteListening(port: Int) { listeningPort.store(port, ordering: .relaxed) }

  /// Notes bytes that are sent.
  public func countOutput(_ byteCount: Int) {
    statistics.outputBytes.add(byteCount, ordering: .relaxed)
  }

  /// What a client is told that has sent more than there is memory for; nil if there is.
  public func refusalOfInput(_ byteCount: Int) -> [UInt8]? {
    let waiting = waitingInput.load(ordering: .relaxed) + viewBudget.used
    // A little is always taken: or a full database could not be told to remove something.
    guard waiting + byteCount > Self.freeInputByteCount else { return nil }
    let data = engine.allocatedByteCount
    guard data + waiting + byteCount + replyBudget.used > configuration.memoryLimit else {
      return nil
    }
    return Array("-OOM command not allowed when used memory > 'maxmemory'.\r\n".utf8)
  }

  private static var freeInputByteCount: Int { 4 << 20 }

  var viewBudget: ViewBudget { replyBudget.views }

  /// How much one request of a client may be.
  func requestLimits(isLoggedIn: Bool) -> RequestLimits {
    guard isLoggedIn else { return .beforeLogin }
    return RequestLimits(lineByteCount: configuration.lineByteCount)
  }

  /// The time, in milliseconds since 1970.
  public var milliseconds: Int64 { configuration.clock.milliseconds() }

  /// The memory that clients take beside the data: what they have sent, what they are to be sent, and what is
  /// kept so that it can be.
  public var clientByteCount: Int {
    waitingInput.load(ordering: .relaxed) + replyBudget.used + viewBudget.used
  }

  private static func randomID() -> String {
    (0..<5).map { _ in
      let digits = String(UInt32.random(in: 0 ... .max), radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  /// Lets a client go.
  public func dismiss(_ record: ClientRecord) {
    clients.remove(record)
  }
}
