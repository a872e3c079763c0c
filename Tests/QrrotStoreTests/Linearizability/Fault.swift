import QrrotTesting

/// A way for a store to be wrong, of the kind that only threads bring to light.
enum Fault: CaseIterable {
  /// An increment reads and writes without being alone meanwhile.
  case lostIncrement
  /// An increment is done twice, as after a lost answer.
  case doubledIncrement
  /// An increment answers with what it read before, not with what it made.
  case staleSum
  /// A read answers from the client's own cache.
  case staleCache
  /// A read answers with the value before the last one.
  case olderValue
  /// A read gets what another thread's read was to get.
  case swappedReply
  /// A put is acknowledged and not done.
  case droppedPut
  /// A put is acknowledged and done only with the client's next call.
  case delayedPut
  /// What was removed comes back.
  case resurrectingDelete
  /// Two that remove the same key both hear that it was there.
  case doubledDelete
  /// Keys are counted in an old list of keys.
  case staleCount
  /// Several keys are removed one at a time.
  case tornDelete
  /// All keys are read one at a time.
  case tornScan
  /// All keys are removed one at a time.
  case tornClear
  /// What a transaction stages is seen before it is over.
  case dirtyRead
  /// What was rolled back is applied.
  case leakedRollback
  /// The steps of a transaction are done one at a time.
  case tornTransaction
  /// What a transaction only read is not looked at again when it commits.
  case writeSkew
  /// After a conflict the transaction's values are written over the others'.
  case ignoredConflict
  /// After a conflict the commit is acknowledged although nothing was applied.
  case commitAfterConflict
  /// After a conflict the first write is there all the same.
  case partialConflict
  /// After a conflict the transaction is run again, and its first answers are given.
  case staleRetry
  /// Keys vanish later than they should.
  case lateExpiry

  /// The operations that bring it to light.
  var mix: StoreMix {
    switch self {
    case .lostIncrement, .doubledIncrement, .staleSum, .staleCache, .olderValue, .swappedReply,
      .droppedPut, .delayedPut, .resurrectingDelete, .doubledDelete, .staleCount:
      .singleKey
    case .tornDelete, .tornScan, .tornClear, .dirtyRead, .leakedRollback, .tornTransaction,
      .writeSkew, .ignoredConflict, .commitAfterConflict, .partialConflict, .staleRetry:
      .multiKey
    case .lateExpiry: .expiring
    }
  }
}
