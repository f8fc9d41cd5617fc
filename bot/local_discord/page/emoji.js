/** The emoji that can be chosen here, with words to find them by. */

const TABLE = `
👍 thumbs up yes agree approve|👎 thumbs down no disagree reject|❤️ heart love|🎉 party tada hooray celebrate
😄 smile happy grin|🤔 thinking hmm wonder|👀 eyes look watching|✅ check done approve yes|❌ cross no reject wrong
🙏 thanks please pray|🚀 rocket ship launch|🔥 fire hot|💡 idea bulb light|⭐ star favourite|📌 pin pushpin
❓ question what|❗ exclamation important|⚠️ warning careful|🛑 stop sign|⏳ hourglass wait pending|⏸️ pause
▶️ play start go|🔁 repeat again retry|🔒 lock closed|🔓 unlock open|🔑 key|🔍 search magnifier find|📎 paperclip
📝 memo note write|📖 book read|📚 books library|📅 calendar date|📈 chart up growth|📉 chart down|📊 bar chart
💬 speech talk comment|💭 thought|📣 megaphone announce|🔔 bell notify|🔕 bell off mute|📦 package box ship
🐛 bug insect|🔧 wrench fix tool|🔨 hammer build|⚙️ gear settings|🧪 test tube experiment|🤖 robot bot agent
🧠 brain memory think|💻 laptop computer code|📱 phone mobile|💾 disk save|🗑️ bin trash delete|🎯 target goal
🏁 flag finish|🚩 flag red|🏆 trophy win|🥇 medal first gold|🥈 medal second silver|🥉 medal third bronze
1️⃣ one 1|2️⃣ two 2|3️⃣ three 3|4️⃣ four 4|5️⃣ five 5|🔟 ten 10|➕ plus add|➖ minus remove|💯 hundred perfect
🟢 green circle go|🟡 yellow circle|🔴 red circle|🔵 blue circle|⚪ white circle|⚫ black circle|🟩 green square
👋 wave hello bye|👏 clap applause|🙌 raised hands praise|🤝 handshake deal|💪 strong muscle|👌 ok fine|✋ hand stop high five
🤞 fingers crossed luck|✌️ peace victory two|🤷 shrug dunno|🤦 facepalm|🙋 raise hand volunteer|🫡 salute yes sir
😀 grinning happy|😂 joy tears laugh|🤣 rolling laugh|😉 wink|😊 blush pleased|😍 heart eyes love|😎 cool sunglasses
😅 sweat smile phew|😇 angel innocent|🙂 slight smile|🙃 upside down|😐 neutral|😕 confused|😟 worried|😢 cry sad
😭 sob crying|😡 angry mad|😱 scream shock|😴 sleep tired|🤯 mind blown|🥳 party face birthday|🤗 hug|🤫 quiet secret
🧐 monocle inspect|😬 grimace awkward|🙄 eye roll|🤓 nerd glasses|😈 devil|💀 skull dead|👻 ghost|👽 alien
💙 blue heart|💚 green heart|💛 yellow heart|💜 purple heart|🖤 black heart|💔 broken heart|✨ sparkles magic|🌟 glowing star
☀️ sun sunny|🌧️ rain|❄️ snow cold|⚡ lightning fast|🌈 rainbow|🌍 earth world|🌱 seedling grow|🌳 tree
🐶 dog|🐱 cat|🦊 fox|🐝 bee|🦋 butterfly|🐢 turtle slow|🐙 octopus|🦀 crab rust|🐍 snake python|🐳 whale docker
☕ coffee break|🍵 tea|🍕 pizza|🍰 cake|🍎 apple|🍺 beer|🍿 popcorn|🎂 birthday cake|🎁 gift present|🎵 music note
⚽ football soccer|🎲 dice random game|🎮 game controller|🧩 puzzle piece|🏠 house home|✈️ plane travel|🚗 car|🚲 bike
💰 money bag|💵 dollar cash|⏰ alarm clock|⌛ time done|🆗 ok button|🆕 new|🆘 sos help|♻️ recycle|♾️ infinity`;

/** @typedef {{char: string, words: string}} Listed */

/** @type {readonly Listed[]} */
export const EMOJI = TABLE.split(/[|\n]/)
  .filter(Boolean)
  .map((entry) => {
    const space = entry.indexOf(' ');
    return { char: entry.slice(0, space), words: entry.slice(space + 1) };
  });

/** Those whose words begin with everything that was typed; the emoji itself is found too. @param {string} query */
export function emojiFor(query) {
  const wanted = query.trim().toLowerCase().replaceAll(':', '').split(/\s+/).filter(Boolean);
  return EMOJI.filter(({ char, words }) =>
    wanted.every((part) => char === part || words.split(' ').some((word) => word.startsWith(part))),
  );
}
