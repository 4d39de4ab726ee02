package s3

import (
	"net/http"
	"regexp"
	"slices"
)

// passing are codes of errors that may not come again, whatever the status of HTTP says.
var passing = []string{
	"IncompleteBody", "InternalError", "InternalFailure", "InternalServerError", "RequestExpired", "RequestThrottled", "RequestTimeTooSkewed",
	"RequestTimeout", "ServiceUnavailable", "SlowDown", "ThrottledException", "Throttling",
}

var errorCode = regexp.MustCompile(`(?s)<Error>.*<Code>([^<]+)</Code>`)

// Passing tells whether an answer with this status is an error of S3 that may pass.
func Passing(status int, body []byte) bool {
	switch status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusInternalServerError, http.StatusServiceUnavailable:
		code := ErrorCode(body)
		return code != "" && slices.Contains(passing, code)
	}
	return false
}

// ErrorCode returns the code of an answer that is an error of S3, "" of one that is not. Servers begin some answers
// before they know how they end: an error may come with the status 200.
func ErrorCode(body []byte) string {
	if m := errorCode.FindSubmatch(body); m != nil {
		return string(m[1])
	}
	return ""
}
