/// Records of one moment, handed out part by part.
///
/// Dropping it ends the reading; while it is there, what others replace is kept for it. One task uses
/// it.
public protocol RecordReading: AnyObject {
  /// How many keys there are to be handed out, at most.
  var count: Int { get }
  /// How many of them are done with.
  var doneCount: Int { get }

  /// Hands the next records to `body`, in order.
  ///
  /// - Returns: false once there are none any more; `body` has not been called then.
  /// - Throws: `interrupted`, and what `body` throws.
  func next(_ body: (RecordView) throws(QrrotError) -> Void) throws(QrrotError) -> Bool
}
