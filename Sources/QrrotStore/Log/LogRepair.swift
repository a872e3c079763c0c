/// Changes a log that was found damaged. What is taken away is kept beside.
enum LogRepair {
  /// Cuts a segment off at `offset`, which is behind a whole frame or the header, after having
  /// copied what follows to a file of its own: `log-0000000001.tail-1`, or the next free number.
  ///
  /// Each step is durable before the next. Afterwards the segment has an open end.
  ///
  /// - Returns: The name of the copy.
  /// - Throws: ``StorageError``; the segment is unchanged unless shortening it was what failed.
  static func cut(
    _ segment: UInt64, at offset: Int64, in folder: any DiskFolder
  ) throws(StorageError) -> String {
    let name = StoreFileName.log(segment)
    let file = try StorageError.reading { () throws(DiskError) in
      try folder.open(name, .readWrite)
    }
    let copyName = try copyTail(of: file, name, from: offset, in: folder)
    try StorageError.reading { () throws(DiskError) in
      try file.truncate(to: offset)
      try file.sync()
    }
    return copyName
  }

  private static func copyTail(
    of file: any DiskFile, _ name: String, from offset: Int64, in folder: any DiskFolder
  ) throws(StorageError) -> String {
    var window = try FileWindow(file, name: folder.path.appending(name).description)
    let (copyName, copy) = try StorageError.reading { () throws(DiskError) in
      try makeCopy(of: name, in: folder)
    }
    do throws(StorageError) {
      var cursor = offset
      while cursor < window.byteCount {
        let part = try window.someBytes(at: cursor)
        try StorageError.reading { () throws(DiskError) in
          try copy.write(part, at: cursor - offset)
        }
        cursor += Int64(part.count)
      }
      try StorageError.reading { () throws(DiskError) in
        try copy.sync()
        try folder.sync()
      }
    } catch {
      // A part of a tail is of use to nobody, and on a full disk there would be one for each try.
      try? folder.remove(copyName)
      throw error
    }
    return copyName
  }

  /// Gives a file that is not to be read any more another name: `log-0000000002.damaged-1`, or the
  /// next free number. Durable when this returns.
  ///
  /// - Returns: The new name.
  /// - Throws: ``DiskError``; the file has one of the two names.
  static func setAside(
    _ name: String, in folder: any DiskFolder
  ) throws(DiskError) -> String {
    var attempt = 1
    while attempt < attemptLimit, try folder.contains(StoreFileName.damaged(name, attempt)) {
      attempt += 1
    }
    let newName = StoreFileName.damaged(name, attempt)
    try folder.rename(name, to: newName)
    try folder.sync()
    return newName
  }

  private static func makeCopy(
    of name: String, in folder: any DiskFolder
  ) throws(DiskError) -> (String, any DiskFile) {
    var attempt = 1
    while true {
      let copyName = StoreFileName.tail(name, attempt)
      do throws(DiskError) {
        return (copyName, try folder.open(copyName, .create))
      } catch  where error.isExisting && attempt < attemptLimit {
        attempt += 1
      }
    }
  }

  private static let attemptLimit = 10_000
}
