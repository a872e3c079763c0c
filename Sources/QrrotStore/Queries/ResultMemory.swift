internal import QrrotCore

/// How much memory a query's result may take: what the table leaves of its own limit.
struct ResultMemory {
  private let limit: Int

  /// - Parameter limit: in bytes.
  init(limit: Int) { self.limit = max(0, limit) }

  /// - Throws: `too-large` if `byteCount` bytes are more than that.
  @inline(__always)
  func require(_ byteCount: Int) throws(QrrotError) {
    guard byteCount <= limit else { throw tooLarge }
  }

  @inline(never)
  private var tooLarge: QrrotError {
    QrrotError(
      .tooLarge,
      "the result takes more than the \(ByteSize.text(limit)) that are free (--max-memory); narrow it with where, limit or a pattern"
    )
  }
}
