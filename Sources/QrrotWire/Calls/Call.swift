public import QrrotCore

/// One call of a client's engine, which the server carries out: the argument of `QRROT.CALL`.
public struct CallRequest: Sendable {
  /// Counts the calls of a connection, so that one can be named from another connection.
  public var number: UInt64
  /// In whose name it is called.
  public var context: CallContext
  /// What is to be done.
  public var call: Call

  /// Puts it together.
  public init(number: UInt64, context: CallContext, call: Call) {
    self.number = number
    self.context = context
    self.call = call
  }
}

/// What an engine can be asked for.
public enum Call: Sendable {
  /// The first call of a connection.
  case hello(CallGreeting)
  /// The next part of an answer that was too long for one.
  case more
  /// ``Engine/execute(_:in:into:)``
  case execute(Command)
  /// ``Engine/record(of:in:)``
  case record([UInt8])
  /// ``Engine/beginBulkWrite(onConflict:in:)``
  case beginBulk(ConflictPolicy)
  /// Adds records to the bulk write of this number.
  case addToBulk(UInt64, [CallRecord])
  /// ``BulkWrite/apply(in:)``
  case applyBulk(UInt64)
  /// ``Engine/beginReading(matching:in:)``
  case beginReading([UInt8]?)
  /// The next records of the reading of this number.
  case read(UInt64)
  /// ``Engine/sampleRecords(limit:timeLimit:in:)``
  case sampleRecords(limit: Int, milliseconds: Int)
  /// ``Engine/sampleKeys(startingWith:in:limit:timeLimit:)``
  case sampleKeys([UInt8], limit: Int, milliseconds: Int)
  /// ``Engine/sampleMembers(startingWith:at:of:in:limit:timeLimit:)``
  case sampleMembers(CallMembers, limit: Int, milliseconds: Int)
  /// ``Engine/records(of:in:)``
  case records([[UInt8]])

  /// The form of calls and answers; both sides must have the same. A call that is added at the end leaves
  /// it as it is: a server that does not know it says so.
  public static let version = 1
  /// The most bytes of an answer that come at once.
  public static let partByteCount = 1 << 20
}

/// Whose members are looked up.
public struct CallMembers: Sendable, Equatable {
  /// Documents whose members are looked up.
  public enum Documents: Sendable, Equatable {
    case key([UInt8])
    case all
    case matching([UInt8])
  }

  /// How the names begin.
  public var prefix: [UInt8]
  /// The path's text.
  public var container: [UInt8]
  /// Whose members they are.
  public var documents: Documents

  /// Puts it together.
  public init(prefix: [UInt8], container: [UInt8], documents: Documents) {
    self.prefix = prefix
    self.container = container
    self.documents = documents
  }
}

/// How a connection begins.
public struct CallGreeting: Sendable, Equatable {
  /// The form that it has.
  public var version: Int
  /// Whether the client must not write, whatever it says later.
  public var isReadOnly: Bool

  /// Puts it together.
  public init(version: Int, isReadOnly: Bool) {
    self.version = version
    self.isReadOnly = isReadOnly
  }
}

/// A record of a bulk write or of a reading.
public struct CallRecord: Sendable, Equatable {
  /// The key.
  public var key: [UInt8]
  /// What it holds.
  public var record: StoredRecord

  /// Puts it together.
  public init(key: [UInt8], record: StoredRecord) {
    self.key = key
    self.record = record
  }
}

/// The parts of a ``Session`` that a call needs.
public struct CallContext: Sendable, Equatable {
  /// Which transaction a call is made in.
  public enum Transaction: Sendable, Equatable {
    /// In none.
    case none
    /// In one that the server keeps.
    case kept(UInt64)
    /// In a copy of one that the server keeps.
    case copy(UInt64)
    /// In a new one that has read this and written nothing.
    case new(CallReads)
  }

  /// Which undo log it writes to.
  public enum Undo: Sendable, Equatable {
    /// To a new one.
    case new
    /// To one that the server keeps.
    case kept(UInt64)
    /// To a copy of one that the server keeps.
    case copy(UInt64)
  }

  /// Whether writes are refused.
  public var isReadOnly = false
  /// See ``Session/keepsUndo``.
  public var keepsUndo = true
  /// See ``Session/allowsWritesBeyondUndo``.
  public var allowsWritesBeyondUndo = true
  /// In bytes.
  public var stagedByteLimit = Int.max
  /// Which transaction it is made in.
  public var transaction = Transaction.none
  /// Which undo log it writes to.
  public var undo = Undo.new
  /// What nobody will ask for any more.
  public var forgotten: [UInt64] = []

  /// Puts it together.
  public init() {}
}

/// What a transaction has read.
public struct CallReads: Sendable, Equatable {
  /// The keys that were seen.
  public var sights: [Transaction.Sight] = []
  /// The version of the keyspace when all of it was first read, if it was.
  public var keyspaceVersion: UInt64?
  /// How many keys had expired by then.
  public var expirationCount: UInt64 = 0

  /// Puts it together.
  public init() {}
}
