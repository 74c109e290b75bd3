package demo

// The vocabulary of the shop. Functions and not variables, so that nobody can
// change it; the odd entries are there on purpose: accents, quotes, right-to-left
// text, emoji and markup are what a trail must survive.

func firstNames() []string {
	return []string{
		"Jane", "Tomáš", "Aïcha", "Siobhán", "José", "Marie-Claire", "Łukasz", "Zoë", "Björn", "Chloé",
		"Nguyễn", "Ólafur", "Иван", "Ελένη", "李", "さくら", "محمد", "Noa", "Françoise", "Søren",
	}
}

func lastNames() []string {
	return []string{
		"Doe", "Novák", "Benali", "O'Neill", "García Márquez", "D'Angelo", "Wójcik", "van der Berg", "Müller-Lüdenscheidt", "Lefèvre",
		"Thị Minh", "Guðmundsdóttir", "Петров", "Παπαδοπούλου", "小龙", "佐藤", "الفاسي", "Cohen", `"Bobby" Tables`, "Kierkegård",
	}
}

func cities() []string {
	return []string{
		"Berlin", "Plzeň", "København", "Zürich", "São Paulo", "Kraków", "Île-de-Bréhat", "St. John's", "Αθήνα", "東京",
		"Łódź", "Malmö", "'s-Hertogenbosch", "Reykjavík", "Montréal", "Tel Aviv-Yafo",
	}
}

func goods() []string {
	return []string{
		"Shirt", "Raincoat", "Rucksack", "Trail shoe", "Wool hat", "Tent 2P", "Head torch", "Thermos 0.75 l", "Café filter", "Désert scarf",
		`Map case 12"`, "Stove ⛺", "Sleeping bag −5 °C", "Rope 9.8 mm", "Cook set", "Towel", "Gaiters", "Trekking poles", "Dry bag", "Field notes",
	}
}

func colours() []string {
	return []string{"Blue", "Red", "Olive", "Crème", "Anthracite", "Signal-yellow", "White", "Bordeaux"}
}

func ticketTitles() []string {
	return []string{
		"Call back: delivery date?", "Parcel arrived damaged", `Wrong size, ordered "L"`, "Invoice without VAT id", "Réclamation: fermeture éclair",
		"Where is my refund?!", "Zelt undicht 😡", "Change of address", "Newsletter cannot be cancelled", "Question about warranty <2 years",
	}
}

func ticketTexts() []string {
	return []string{
		"<p>Customer called at <b>9:40</b>, wants a call back before noon.</p>",
		"<p>Photos attached.</p><ul><li>box torn</li><li>lid missing</li></ul>",
		`<p>Please see <a href="https://shop.example/orders">the order</a> &amp; reply in French.</p>`,
		"<p>Third time! <script>alert('not here')</script> 😠</p>",
		"",
	}
}

func notes() []string {
	return []string{
		"prefers e-mail", "calls after 17:00 only", `says "no" to phone marketing`, "VIP ⭐ since 2019", "wholesale terms; see contract 12/4", "",
	}
}

// longText is the description that does not fit on a screen, nor in one page of
// PostgreSQL: its paragraphs differ, so that it is stored out of line.
func longText() string {
	return "A shelter for two that you pitch in the dark, in the wind, and alone. " +
		"The inner tent hangs on the poles, so that it goes up together with the outer one and stays dry while it rains. " +
		"Die Nähte sind versiegelt, die Abspannpunkte verstärkt, und der Boden hält 5.000 mm Wassersäule aus. " +
		"Le double-toit descend jusqu'au sol ; l'aération se règle de l'intérieur, même avec des gants. " +
		"日本の雨季でも快適に過ごせます。 Weight 1.84 kg with pegs — 🏕️ ready in 3 minutes. "
}
