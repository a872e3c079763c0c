public import QrrotCore

/// What the server answers to a ``CallRequest``.
public struct CallAnswer: Sendable {
  /// What has become of the session.
  public var context: Context
  /// What came of the call.
  public var result: Result<Content, QrrotError>

  /// Puts it together.
  public init(context: Context, result: Result<Content, QrrotError>) {
    self.context = context
    self.result = result
  }

  /// The session after a call.
  public struct Context: Sendable, Equatable {
    /// The open transaction; nil for none.
    public var transaction: OpenTransaction?
    /// Where the undo log is kept; nil for an empty one.
    public var undo: UInt64?

    /// Puts it together.
    public init(transaction: OpenTransaction? = nil, undo: UInt64? = nil) {
      self.transaction = transaction
      self.undo = undo
    }
  }

  /// A transaction that the server keeps.
  public struct OpenTransaction: Sendable, Equatable {
    /// Its number.
    public var number: UInt64
    /// What is new in it since the call before.
    public var reads: CallReads

    /// Puts it together.
    public init(number: UInt64, reads: CallReads) {
      self.number = number
      self.reads = reads
    }
  }

  /// What a call gives.
  public enum Content: Sendable {
    case welcome(CallWelcome)
    case reply(Reply)
    case record(StoredRecord?)
    /// The number of a bulk write.
    case bulk(UInt64)
    /// How many of the records wait now.
    case added(Int)
    case counts(BulkCounts)
    /// The number of a reading, and how many keys it has at most.
    case reading(UInt64, count: Int)
    /// The next records, none at the end, and how many keys are done with.
    case records([CallRecord], doneCount: Int)
    case recordSample(RecordSample)
    case keySample(KeySample)
    case memberSample(MemberSample)
    /// The records of the first keys that were named.
    case recordList([StoredRecord?])
  }
}

/// What the server says of itself at the beginning.
public struct CallWelcome: Sendable, Equatable {
  /// The form that it has.
  public var version: Int
  /// The program's version.
  public var program: String
  /// The connection's number and a secret, with which it can be named from another one.
  public var client: UInt64
  /// A secret of the connection.
  public var token: UInt64
  /// Whether the server takes no writes from this client.
  public var isReadOnly: Bool
  /// After how many seconds of silence a client is closed; 0 for never.
  public var idleSeconds: Int

  /// Puts it together.
  public init(
    version: Int, program: String, client: UInt64, token: UInt64, isReadOnly: Bool,
    idleSeconds: Int
  ) {
    self.version = version
    self.program = program
    self.client = client
    self.token = token
    self.isReadOnly = isReadOnly
    self.idleSeconds = idleSeconds
  }
}
