package main

import "time"

// instants are the time of day in each world. Two of them share no field, from the year to the nanosecond.
var instants = [worldCount]time.Time{
	time.Date(2001, 2, 3, 4, 5, 6, 123456789, time.UTC),
	time.Date(2034, 11, 28, 21, 52, 43, 987654321, time.UTC),
	time.Date(2049, 7, 14, 11, 31, 17, 456789123, time.UTC),
	time.Date(2068, 4, 26, 18, 14, 58, 741852963, time.UTC),
}

// The years that the clocks of further worlds are in, and how many of these there are: a day of a leap year each, then the
// first and the last moment of each year.
const (
	firstYear, yearCount = 2026, 10
	daysOfYear           = 366
	clockChoices         = daysOfYear + 2*yearCount
)

// instant is the time of day in a world.
func instant(number int) time.Time {
	if number < worldCount {
		return instants[number]
	}
	more := number - worldCount
	if end := more - daysOfYear; end >= 0 {
		year := time.Date(firstYear+end/2%yearCount, 1, 1, 0, 0, 0, 0, time.UTC)
		if end%2 == 1 {
			return year.AddDate(1, 0, 0).Add(-time.Nanosecond)
		}
		return year
	}
	day := time.Date(2028, 1, 1+more, more%24, more*7%60, more*11%60, more*2345678, time.UTC)
	if day.Month() == time.February && day.Day() == 29 {
		return day
	}
	return day.AddDate(firstYear-2028+more%yearCount, 0, 0)
}

// dates are the functions that read the clock. Given a time they are Helm's own; given anything else, most of them take
// the present for it.
func (w *world) dates() map[string]any {
	now := func(name string) time.Time { return instant(w.turn(name, clockChoices)) }
	inZone := library["dateInZone"].(func(string, any, string) string)
	in := func(name, format string, date any, zone string) string {
		if !isTime(date) {
			date = now(name)
		}
		return inZone(format, date, zone)
	}
	return map[string]any{
		"now":  func() time.Time { return now("now") },
		"date": func(format string, date any) string { return in("date", format, date, "Local") },
		"dateInZone": func(format string, date any, zone string) string {
			return in("dateInZone", format, date, zone)
		},
		"date_in_zone": func(format string, date any, zone string) string {
			return in("date_in_zone", format, date, zone)
		},
		"htmlDate": func(date any) string { return in("htmlDate", "2006-01-02", date, "Local") },
		"htmlDateInZone": func(date any, zone string) string {
			return in("htmlDateInZone", "2006-01-02", date, zone)
		},
		"ago": w.ago, "durationRound": w.durationRound,
	}
}

func (w *world) ago(date any) string {
	var since time.Time
	switch date := date.(type) {
	case time.Time:
		since = date
	case int64:
		since = time.Unix(date, 0)
	case int:
		since = time.Unix(int64(date), 0)
	default:
		return time.Duration(0).String() // it takes the present for it
	}
	return instant(w.turn("ago", clockChoices)).Sub(since).Round(time.Second).String()
}

func (w *world) durationRound(duration any) string {
	if date, ok := duration.(time.Time); ok {
		duration = int64(instant(w.turn("durationRound", clockChoices)).Sub(date))
	}
	return library["durationRound"].(func(any) string)(duration)
}

// isTime tells whether sprig takes a value for a time; anything else it takes for now.
func isTime(value any) bool {
	switch value.(type) {
	case time.Time, *time.Time, int64, int, int32:
		return true
	}
	return false
}
