/// What engines say of transactions and undo; the words are the same wherever the data is.
extension QrrotError {
  /// A write that replaces more than undo keeps, for a session that wants to know beforehand.
  package static func exceedsUndo(byteCount: Int) -> QrrotError {
    QrrotError(
      .refused,
      "this replaces or removes \(byteCount) bytes; undo keeps \(Limits.undoByteCount), so it could not be taken back",
      detail: .exceedsUndo(byteCount: byteCount))
  }

  /// `begin` inside a transaction.
  package static var transactionIsOpen: QrrotError {
    QrrotError(.refused, "a transaction is open already; commit or rollback ends it")
  }

  /// `commit` or `rollback` outside one.
  package static var noTransactionIsOpen: QrrotError {
    QrrotError(.refused, "no transaction is open; begin opens one")
  }

  /// `undo` inside one.
  package static var undoInsideTransaction: QrrotError {
    QrrotError(.refused, "undo works outside a transaction; rollback drops what it has staged")
  }

  /// A commit whose transaction has read all keys, one of which has changed.
  package static var keyspaceHasChanged: QrrotError {
    QrrotError(
      .conflict,
      "somebody else has written, or a key has expired, since the transaction read all keys; nothing was applied and the transaction is over: run it again"
    )
  }

  /// A commit whose transaction has seen `key` in another state.
  package static func hasChanged(_ key: [UInt8], isExpired: Bool) -> QrrotError {
    let event = isExpired ? "has expired" : "was changed by somebody else"
    return QrrotError(
      .conflict,
      "\(excerpt(key)) \(event) since the transaction saw it; nothing was applied and the transaction is over: run it again"
    )
  }

  /// An undo of a write of `key`, which has changed since.
  package static func hasChangedSinceWrite(_ key: [UInt8]) -> QrrotError {
    QrrotError(
      .conflict, "\(excerpt(key)) was changed by another session since; nothing was undone")
  }

  /// An undo of more writes than there are.
  package static func nothingToUndo(_ count: Int, _ undo: UndoLog) -> QrrotError {
    if undo.count > 0 {
      return QrrotError(
        .refused,
        "only \(undo.count) write\(undo.count == 1 ? "" : "s") of this session can be undone, not \(count); nothing was undone"
      )
    }
    if undo.lastWriteWasTooLarge {
      return QrrotError(
        .refused,
        "nothing can be undone: the last write replaced more than the \(Limits.undoByteCount) bytes that undo keeps"
      )
    }
    return QrrotError(.refused, "nothing to undo: this session has no write that can be taken back")
  }

  /// A write in a session, or to a database, that is only read.
  package static func isReadOnly(_ name: CommandName) -> QrrotError {
    QrrotError(.readOnly, "\(name.text) writes, and this session is read-only (--read-only)")
  }
}
