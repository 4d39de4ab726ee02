update ValidPaths set hash = ?, narSize = ?, ultimate = ?, sigs = ?, ca = ? where path = ?;
